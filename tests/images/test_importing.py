"""Folders, CDs and uploads: what becomes of each file, and of a foreign patient."""

import io
import socket
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet

import make
from images.instances import as_file, ct
from images.web import application, client, served
from plateau.images import jobs, keeper
from plateau.images.events import ImportAsked
from plateau.images.importing import queries, sources, work
from plateau.images.importing import service as importing
from plateau.images.importing.types import Progress
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs, key_of
from plateau.platform.db import Db, Tx

ISSUER = "CLINIQUE-INVENTEE"


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def caller(world: make.World) -> Caller:
    found = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    return replace(found, language="en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "cd"
    found.mkdir()
    return found


def put(folder: Path, *images: Dataset) -> None:
    for number, image in enumerate(images):
        (folder / f"IM{number:04}").write_bytes(as_file(image))


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def read_in(db: Db, world: make.World, folder: Path, issuer: str = "") -> Progress:
    """A folder read in as by the command."""
    with db.begin() as tx:
        one = importing.begin_folder(
            tx, folder, site_id=world.site_id, issuer=issuer, now=clock.now()
        )
    work.run(db, runtime.blobs(), keeper.in_use(), one)
    with db.begin() as tx:
        (found,) = queries.progress(tx, sites={world.site_id}, import_id=one.import_id)
    return found


def reasons(db: Db, one: Progress) -> dict[str, str]:
    with db.begin() as tx:
        return {file.name: file.reason for file in queries.refused(tx, one.import_id)}


def send(db: Db, blobs: Blobs, caller: Caller, issuer: str, **files: bytes) -> str:
    """Files sent by the form, and read in by the job; the address of the import."""
    page = client(db, blobs, caller)
    answer = page.post(
        "/images/imports",
        data={"csrf": "c", "site": str(*caller.sites), "issuer": issuer},
        files=[("files", (name, content)) for name, content in files.items()],
    )
    assert answer.status_code == 200, answer.text
    work_on(db)
    return answer.url.path


def work_on(db: Db) -> None:
    """What the worker does."""
    with db.begin() as tx:
        asked = tx.values("select import_id from images.import order by asked_at")
    for import_id in asked:
        jobs.read_in(ImportAsked(import_id=import_id))


def stored(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select blob_key from images.instance order by blob_key")


def test_a_folder_is_read_in_once_byte_for_byte(db: Db, world: make.World, folder: Path) -> None:
    images = [ct(number=n) for n in (1, 2, 3)]
    put(folder, *images)
    (folder / "autorun.inf").write_text("[autorun]")

    first, second = read_in(db, world, folder), read_in(db, world, folder)

    assert (first.read, first.stored, first.other, first.state) == (4, 3, 1, "done")
    assert (second.stored, second.known) == (0, 3)
    assert stored(db) == sorted(key_of(as_file(image)) for image in images)
    with db.begin() as tx:
        origins = tx.values("select distinct origin from images.instance")
        audited = tx.value("select count(*) from access.audit where action = 'images.import'")
    assert origins == [f"import:IMPORT@{first.import_id} by command"]
    assert audited == 6


def test_what_is_not_dicom_at_all_is_said(
    db: Db, blobs: Blobs, world: make.World, caller: Caller, folder: Path
) -> None:
    (folder / "photo.jpg").write_bytes(b"\xff\xd8" * 100)
    (folder / "empty").write_bytes(b"")
    found = read_in(db, world, folder)
    text = client(db, blobs, caller).get(f"/images/imports/{found.import_id}").text
    assert (found.read, found.other, found.stored) == (2, 2, 0)
    assert "There was no DICOM image in it." in text


def test_a_truncated_file_is_refused_and_the_others_are_kept(
    db: Db, world: make.World, folder: Path
) -> None:
    put(folder, ct(), ct())
    cut = folder / "IM0000"
    cut.write_bytes(cut.read_bytes()[:-7])
    found = read_in(db, world, folder)
    assert (found.stored, found.refused) == (1, 1)
    assert reasons(db, found) == {"IM0000": "truncated DICOM object"}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_dicomdir_that_names_missing_files_has_them_named(
    db: Db, world: make.World, tmp_path: Path
) -> None:
    cd = FileSet()
    for number in (1, 2):
        image = ct(number=number)
        image.StudyID, image.SeriesNumber = "1", 1
        image.PatientName, image.SpecificCharacterSet = "TESTINVENTE^Camille", "ISO_IR 100"
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(as_file(image))
        cd.add(path)
    cd.write(tmp_path / "cd")
    files = sorted(p for p in (tmp_path / "cd").rglob("*") if p.is_file() and p.name != "DICOMDIR")
    gone = str(files[1].relative_to(tmp_path / "cd"))
    files[1].unlink()

    found = read_in(db, world, tmp_path / "cd")

    assert (found.stored, found.refused) == (1, 1)
    assert reasons(db, found) == {gone: "it is named by the DICOMDIR, and is not there"}


def test_links_out_of_the_folder_are_not_followed(
    db: Db, world: make.World, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    put(elsewhere, ct())
    (folder / "link").symlink_to(elsewhere / "IM0000")
    (folder / "links").symlink_to(elsewhere)
    assert read_in(db, world, folder).read == 0


def test_an_uploaded_archive_is_read_in_by_a_job(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    images = [ct(number=n) for n in range(1, 21)]
    made = zipped({f"DICOM/IM{n}": as_file(image) for n, image in enumerate(images)})
    path = send(db, blobs, caller, "", **{"cd.zip": made})
    text = client(db, blobs, caller).get(path).text
    assert "<dt>Stored</dt><dd>20</dd>" in text
    assert "cd.zip" not in client(db, blobs, caller).get("/images/imports").text
    assert stored(db) == sorted(key_of(as_file(image)) for image in images)


def test_several_files_of_one_name_are_all_read(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    one, two = as_file(ct()), as_file(ct())
    page = client(db, blobs, caller)
    page.post(
        "/images/imports",
        data={"csrf": "c", "site": str(world.site_id)},
        files=[("files", ("IM1", one)), ("files", ("IM1", two))],
    )
    work_on(db)
    assert stored(db) == sorted([key_of(one), key_of(two)])


def test_a_name_that_leads_out_of_the_archive_is_refused(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    content = as_file(ct())
    names = ("../../etc/cron.d/x", "/etc/passwd", "C:\\windows\\x", "a/../../b")
    made = zipped({**dict.fromkeys(names, content), "IM1": content})
    path = send(db, blobs, caller, "", **{"cd.zip": made})
    text = client(db, blobs, caller).get(path).text
    assert text.count("its name leads out of the archive") == 4
    assert stored(db) == [key_of(content)]


def test_a_zip_bomb_is_refused_before_it_expands(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    made = io.BytesIO()
    head = as_file(ct())
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb", "w") as bomb,
    ):
        bomb.write(head)
        for _ in range(80):
            bomb.write(bytes(1 << 20))
    path = send(db, blobs, caller, "", **{"cd.zip": made.getvalue()})
    text = client(db, blobs, caller).get(path).text
    assert "it expands to too much" in text
    assert stored(db) == []


@pytest.mark.parametrize("broken", ["cut", "altered", "encrypted"])
def test_a_damaged_archive_is_refused(
    db: Db, blobs: Blobs, world: make.World, caller: Caller, broken: str
) -> None:
    content = bytearray(zipped({"IM1": as_file(ct())}))
    if broken == "cut":
        del content[-30:]
    elif broken == "altered":
        content[200:230] = bytes(30)
    else:
        content[6] |= 1
        content[content.index(b"PK\1\2") + 8] |= 1
    path = send(db, blobs, caller, "", **{"cd.zip": bytes(content)})
    text = client(db, blobs, caller).get(path).text
    assert "the archive is damaged" in text or "this file cannot be read to its end" in text
    assert stored(db) == []


def test_a_foreign_patient_is_nobody_s_prior_before_somebody_says_who_it_is(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    image = ct(patient="X-1")
    image.PatientBirthDate, image.PatientSex = "19500203", "F"
    path = send(db, blobs, caller, ISSUER, IM1=as_file(image))
    page = client(db, blobs, caller)
    assert "Waiting for their patient</dt><dd>1<" in page.get(path).text
    assert stored(db) == []

    data = {"csrf": "c", "theirs": "X-1", "ours": "IPP-TEST-1"}
    shown = page.post(f"{path}/compare", data=data)
    assert "They differ" not in shown.text
    page.post(f"{path}/patients", data=data)
    work_on(db)

    assert stored(db) == [key_of(as_file(image))]
    with db.begin() as tx:
        assert tx.value("select patient_id from images.study") == world.patient_id
        said = tx.value("select metadata -> '00100021' -> 'Value' ->> 0 from images.instance")
    assert said == ISSUER
    assert "Waiting for their patient</dt><dd>0<" in page.get(path).text
    assert "Stored</dt><dd>1<" in page.get(path).text


def test_differences_are_shown_and_must_have_been_seen(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    image = ct(patient="X-1")
    image.PatientName, image.PatientBirthDate, image.PatientSex = "AUTRE^Camille", "", "M"
    path = send(db, blobs, caller, ISSUER, IM1=as_file(image))
    page = client(db, blobs, caller)
    data = {"csrf": "c", "theirs": "X-1", "ours": "IPP-TEST-1"}

    shown = page.post(f"{path}/compare", data=data).text
    unseen = page.post(f"{path}/patients", data=data)
    seen = {**data, "seen": "surname, sex, birth date"}

    assert "surname, sex, birth date" in " ".join(shown.split())
    assert unseen.status_code == 409
    assert page.post(f"{path}/patients", data=seen).status_code == 200


def test_one_identifier_of_an_institution_is_never_two_patients(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    path = send(db, blobs, caller, ISSUER, IM1=as_file(ct(patient="X-1")))
    import_id = path.rpartition("/")[2]
    with db.begin() as tx:
        make.a_patient(tx, world.site_id, "IPP-TEST-2")
        decide(tx, caller, UUID(import_id), "IPP-TEST-1")
        with pytest.raises(ConflictError):
            decide(tx, caller, UUID(import_id), "IPP-TEST-2")


def decide(tx: Tx, caller: Caller, import_id: UUID, ours: str) -> None:
    one = importing.compare(tx, caller, import_id, theirs="X-1", ours=ours, now=make.NIGHT)
    said = ("X-1", ours, ", ".join(one.differences))
    importing.reconcile(tx, caller, import_id, said=said, now=make.NIGHT)


def test_whoever_is_no_importer_of_the_site_sees_and_sends_nothing(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    path = send(db, blobs, caller, "", IM1=as_file(ct()))
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "ELSEWHERE")
    other = make.a_caller(world.requester_id, elsewhere, role=Role.TECHNOLOGIST)
    reader = make.a_caller(world.reader_id, world.site_id)
    assert client(db, blobs, other).get(path).status_code == 404
    assert client(db, blobs, reader).get("/images/imports").status_code == 404
    answer = client(db, blobs, other).post(
        "/images/imports",
        data={"csrf": "c", "site": str(world.site_id)},
        files=[("files", ("IM1", as_file(ct())))],
    )
    assert answer.status_code == 404


def test_a_client_that_dies_during_an_import_leaves_nothing_behind(
    db: Db, blobs: Blobs, world: make.World, caller: Caller
) -> None:
    with served(application(db, blobs, caller)) as base:
        host, _, port = base.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as line:
            line.sendall(
                b"POST /images/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
                b'Content-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
                + bytes(2_000_000)
            )
        answer = httpx.post(
            f"{base}/images/imports",
            data={"csrf": "c", "site": str(world.site_id)},
            files={"files": ("IM1", as_file(ct()))},
        )
    assert answer.status_code == 303
    with db.begin() as tx:
        assert tx.value("select count(*) from images.import") == 1


def test_names_that_nobody_could_keep_are_shown_as_others() -> None:
    assert sources.shown("a\0b\\c") == "ab/c"
    assert len(sources.shown("x" * 5000)) < 400
    assert sources.shown("\udcff").isascii()
