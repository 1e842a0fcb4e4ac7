"""A copy that says nothing of its patient, byte by byte."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid
from typer.testing import CliRunner

import make
from images.instances import as_file, ct
from images.rejecting import a_study
from images.web import a_file, client, keep, run
from plateau.images.anonymise import copying
from plateau.images.anonymise.copying import anonymous
from plateau.images.anonymise.profile import PROFILE
from plateau.images.anonymise.types import Secret
from plateau.images.commands import app
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.ids import PatientId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

SECRET = Secret(key=bytes(32), patient_id=PatientId(UUID(int=1)))
words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=10).map("QZ".__add__)
numbers = st.integers(10**8, 10**12).map(lambda n: f"N{n}")
TEXTS = ("PatientComments", "StudyDescription", "ImageComments", "ProtocolName", "StationName",
         "DerivationDescription", "ManufacturerModelName")  # fmt: skip


def filled(who: list[str], number: str, text_in: str) -> Dataset:
    """A CT image that names somebody wherever it can, and where it should not."""
    image = ct()
    surname, first, doctor, place = who
    image.PatientName, image.PatientID = f"{surname}^{first}", number
    image.OtherPatientIDs, image.AccessionNumber = [f"{number}9", f"{number}8"], f"{number}7"
    image.PatientBirthDate, image.PatientAddress = "19510203", f"1 rue {place}"
    image.ReferringPhysicianName, image.InstitutionName = f"{doctor}^X", f"CH {place}"
    image.SOPInstanceUID, image.FrameOfReferenceUID = generate_uid(), generate_uid()
    setattr(image, text_in, f"vu avec {surname}, {number}")
    image.AcquisitionDateTime = "20261124020000.123+0100"
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, generate_uid()
    item.PersonName = f"{doctor}^X"
    image.ReferencedImageSequence = Sequence([item])
    image.add_new(0x00091001, "LO", f"{surname} {number}")
    image.add_new(0x00090010, "LO", "PRIVATE")
    image.add_new(0x60003000, "OW", surname.encode() + b" ")
    return image


@settings(max_examples=60, deadline=None)
@given(st.lists(words, min_size=4, max_size=4, unique=True), numbers, st.sampled_from(TEXTS))
def test_no_identifier_is_anywhere_in_the_bytes(who: list[str], number: str, text_in: str) -> None:
    image = filled(who, number, text_in)
    made = anonymous(as_file(image), SECRET).content
    names = [*who, number, "19510203", "20261124"]
    uids = [image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID,
            image.FrameOfReferenceUID,
            image.ReferencedImageSequence[0].ReferencedSOPInstanceUID]  # fmt: skip
    assert [one for one in (*names, *uids) if one.encode() in made] == []


def test_pixels_and_what_shows_them_stay() -> None:
    image = ct()
    copy = dcmread(BytesIO(anonymous(as_file(image), SECRET).content))
    assert image.PixelData == copy.PixelData
    assert (copy.Rows, copy.BitsStored, copy.Modality) == (4, 16, "CT")
    assert copy.PatientIdentityRemoved == "YES"
    assert [one.CodeValue for one in copy.DeidentificationMethodCodeSequence] == [
        "113100",
        "113107",
    ]
    assert not [element for element in copy.iterall() if element.tag.is_private]


def test_instances_of_a_study_stay_together_and_projects_apart() -> None:
    first, second = a_study(2)
    second.SourceImageSequence = Sequence([reference_to(first)])
    one, two = (dcmread(BytesIO(anonymous(as_file(image), SECRET).content))
                for image in (first, second))  # fmt: skip
    other = dcmread(BytesIO(anonymous(as_file(first), replace(SECRET, key=b"k" * 32)).content))
    assert one.StudyInstanceUID == two.StudyInstanceUID != first.StudyInstanceUID
    assert one.PatientID == two.PatientID != other.PatientID
    assert two.SourceImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert one.StudyInstanceUID != other.StudyInstanceUID


def reference_to(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.SOPClassUID
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return item


def test_days_between_dates_stay() -> None:
    image = ct()
    image.StudyDate, image.ContentDate = "20240229", "20240307"
    image.PatientBirthDate = "not a date"
    copy = dcmread(BytesIO(anonymous(as_file(image), SECRET).content))
    study, content = (date.fromisoformat(text) for text in (copy.StudyDate, copy.ContentDate))
    assert (content - study).days == 7
    assert study < date(2023, 3, 1)


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "examples_ybr_color.dcm"]
)
def test_files_of_others_lose_what_names_them(name: str) -> None:
    content = a_file(name)
    known = copying.identifiers(dcmread(BytesIO(content)))
    copy = dcmread(BytesIO(anonymous(content, SECRET).content))
    assert not copying.names_any(copying.said(copy), known)
    assert copy.file_meta.TransferSyntaxUID == dcmread(BytesIO(content)).file_meta.TransferSyntaxUID


def test_what_is_painted_with_a_name_and_what_is_a_text_is_left_out() -> None:
    painted, private = ct(), ct()
    painted.BurnedInAnnotation = "YES"
    private.SOPClassUID = "1.2.3.4"
    report = ct()
    report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    for image, reason in ((painted, "pixels"), (private, "private"), (report, "report")):
        with pytest.raises(RuleBrokenError, match=reason):
            anonymous(as_file(image), SECRET)


def test_pixels_that_may_be_painted_are_said() -> None:
    image = ct()
    assert anonymous(as_file(image), SECRET).warning == ""
    image.Modality = "US"
    assert "pixels" in anonymous(as_file(image), SECRET).warning
    image.BurnedInAnnotation = "NO"
    assert anonymous(as_file(image), SECRET).warning == ""


def test_the_table_of_the_standard_is_whole() -> None:
    assert len(PROFILE) > 600
    assert (PROFILE[0x00100010].code, PROFILE[0x00100030].code, PROFILE[0x0020000D].code) == (
        "Z",
        "Z",
        "U",
    )


def test_dciodvfy_finds_nothing_new(tmp_path: Path) -> None:
    def errors(content: bytes) -> set[str]:
        path = tmp_path / "one.dcm"
        path.write_bytes(content)
        done = run("dciodvfy", str(path))
        return {line for line in (done.stdout + done.stderr).splitlines() if "Error" in line}

    content = a_file("CT_small.dcm")
    assert errors(anonymous(content, SECRET).content) <= errors(content)


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def reader(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id)


def test_the_page_gives_a_zip_and_records_it(db: Db, blobs: Blobs, reader: Caller) -> None:
    images = a_study(3)
    images[1].BurnedInAnnotation = "YES"
    keep(db, blobs, *map(as_file, images))
    path = f"/images/studies/{images[0].StudyInstanceUID}/anonymise"
    with client(db, blobs, reader) as web:
        assert web.post(path, data={"csrf": "c", "project": " "}).status_code == 400
        answer = web.post(path, data={"csrf": "c", "project": "Essai A"})
    archive = ZipFile(BytesIO(answer.content))
    assert archive.testzip() is None
    assert archive.namelist() == ["IMAGES/IM00001", "IMAGES/IM00003", "README.txt"]
    assert "IM00002: its pixels" in archive.read("README.txt").decode()
    assert b"IPP-TEST-1" not in b"".join(archive.read(name) for name in archive.namelist())
    with db.begin() as tx:
        trail = tx.values("select reason from access.audit where action = 'images.anonymise'")
    assert trail == ["Essai A"]


@pytest.mark.parametrize("role", [Role.TECHNOLOGIST, Role.REQUESTER, Role.ADMINISTRATOR])
def test_others_export_nothing(db: Db, blobs: Blobs, world: make.World, role: Role) -> None:
    images = a_study(1)
    keep(db, blobs, as_file(images[0]))
    other = make.a_caller(world.requester_id, world.site_id, role=role)
    path = f"/images/studies/{images[0].StudyInstanceUID}/anonymise"
    with client(db, blobs, other) as web:
        assert web.post(path, data={"csrf": "c", "project": "Essai"}).status_code == 404


def test_the_command_writes_the_same(
    db: Db, blobs: Blobs, world: make.World, tmp_path: Path
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images))
    out = tmp_path / "copy.zip"
    asked = ["anonymise", images[0].StudyInstanceUID, "--project", "Essai", "--out", str(out)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert len(ZipFile(out).namelist()) == 3
