"""What is wrong gets a clear error at its own door, is logged, and changes nothing."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import make_after
from chain import doors
from chain.doors import PASSWORD, READERS, Doors, kept, refusals, send_raw
from entry.processes import run, until
from exchange.post import PDF, filed, owe, say
from images.instances import associated, ct, encode, store
from outside.forms import forms
from plateau.entry.demo.check import sign_in
from plateau.exchange import hl7v2, mllp
from plateau.platform import clock
from plateau.platform.embedded import Postgres

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "territories" / "basco-landais.toml"
SMALL_FILES = 100_000  # bytes that the hub may write to one file where the disk is full
ADT = (
    "MSH|^~\\&|GAM|{facility}|PLATEAU|PLATEAU|20261124||ADT^A04^ADT_A01|7|P|2.5.1|||||FRA"
    "|UNICODE UTF-8\rPID|1||{local_id}^^^TEST^PI||FICTION^Camille||19500203|F\r"
)

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def hub(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """The doors of DICOM, HL7 and pages."""
    folder = tmp_path_factory.mktemp("doors")
    with doors.opened(server, folder, ("dimse", "mllp", "web")) as opened:
        yield opened


@contextmanager
def nothing_changes(hub: Doors) -> Generator[None]:
    before = kept(hub)
    yield
    assert kept(hub) == before


def test_a_truncated_object(hub: Doors) -> None:
    with nothing_changes(hub):
        answer = send_raw(hub, encode(ct())[:-20])

    assert answer.Status == 0xC000
    assert "DICOM object" in answer.ErrorComment
    assert refusals(hub)[-1].startswith("invalid_input: ")
    assert hub.logged("dimse", "store.refused")[-1] == "invalid_input"


def test_an_object_that_is_not_dicom(hub: Doors) -> None:
    with nothing_changes(hub):
        answer = send_raw(hub, b"%PDF-1.7 not an image at all " * 20)

    assert answer.Status == 0xC000
    assert "DICOM object" in answer.ErrorComment
    assert refusals(hub)[-1].startswith("invalid_input: ")
    assert hub.logged("dimse", "store.refused")[-1] == "invalid_input"


def test_an_unknown_ae_title(hub: Doors) -> None:
    with nothing_changes(hub), associated(hub.ports["dimse"], "STRANGER") as line:
        assert line.is_rejected
        reason = line.acceptor.primitive
        assert reason
        assert (reason.result, reason.result_source, reason.diagnostic) == (1, 1, 3)

    until(lambda: hub.logged("dimse", "association.rejected") == ["not_found"])
    assert refusals(hub)[-1] == "not_found: calling AE title not recognised"


def test_an_unknown_patient(hub: Doors) -> None:
    with nothing_changes(hub), associated(hub.ports["dimse"]) as line:
        answer = store(line, ct(patient="NOBODY"))

    assert answer.Status == 0x0124
    assert answer.ErrorComment == "this PatientID is not known at the machine's site"
    assert refusals(hub)[-1].startswith("not_found: ")
    assert hub.logged("dimse", "store.refused")[-1] == "not_found"


def test_a_report_signed_by_someone_else(hub: Doors) -> None:
    with hub.db.begin() as tx:
        exam_id = make_after.a_task(tx, hub.world)
        make_after.a_study(tx, hub.world, exam_id)
    holder, other = (signed_in(hub, login) for login in READERS)
    page = press(holder, "/worklist", f"/worklist/{exam_id}/take")
    assert page.url.path == f"/read/{exam_id}"
    token = next(form.fields["csrf"] for form in forms(page.text) if "csrf" in form.fields)
    mine = {"revision": "0", "result": "Normal.", "conclusion": "Normal.", "indication": "Chute."}

    with nothing_changes(hub):
        theirs = next(
            form.fields["csrf"]
            for form in forms(other.get("/worklist").text)
            if "csrf" in form.fields
        )
        assert theirs != token
        answer = other.post(
            f"/read/{exam_id}/sign", data={**mine, "csrf": theirs, "password": PASSWORD}
        )

    assert answer.status_code == 409
    assert "Dr Lecture" in answer.text
    assert hub.logged("web", "http.refused")[-1] == "409"


def test_a_malformed_hl7_answer(hub: Doors) -> None:
    say(hub.inbox, "garbage")
    with hub.db.begin() as tx:
        exam_id = make_after.a_task(tx, hub.world)
        version_id = make_after.a_version(tx, hub.world, exam_id, document_key=hub.blobs.put(PDF))
        owe(tx, version_id, wall=clock.wall())

    until(lambda: "malformed" in hub.logged("mllp", "delivery.attempted"))
    with hub.db.begin() as tx:
        state = tx.value("select state from exchange.delivery where exam_id = %(id)s", id=exam_id)
    assert state == "waiting"
    assert filed(hub.inbox) == set()
    banner = signed_in(hub, "regulation").get("/deliveries").text
    assert "RIS-TEST" in banner
    assert 'role="alert"' in banner

    say(hub.inbox, "AA")
    until(lambda: len(filed(hub.inbox)) == 1)
    until(lambda: hub.logged("mllp", "delivery.attempted")[-1] == "AA")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"this is no HL7 message", "AR"),
        (ADT.format(facility="INCONNU", local_id="IPP-9").encode(), "AR"),
        (ADT.format(facility="TEST", local_id="").encode(), "AE"),
    ],
    ids=["nonsense", "unknown sender", "no identifier"],
)
def test_a_malformed_inbound_hl7_message(hub: Doors, message: bytes, code: str) -> None:
    heard = len(hub.logged("mllp", "mllp.refused"))
    with nothing_changes(hub):
        reply = mllp.ask("127.0.0.1", hub.ports["mllp"], message, timeout_s=10)

    assert isinstance(reply, bytes)
    parsed = hl7v2.parse(reply)
    assert hl7v2.value(parsed, "MSA", 1) == code
    assert hl7v2.value(parsed, "ERR", 8)
    assert len(hub.logged("mllp", "mllp.refused")) == heard + 1


def test_a_broken_territory_file(hub: Doors, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    sound = SHIPPED.read_text("utf-8")
    path.write_text(sound.replace("[[site]]\n", "[[site]]\nheight = 3\n", 1), "utf-8")
    line = sound[: sound.index("[[site]]")].count("\n") + 2

    with nothing_changes(hub):
        done = run("territory", "load", str(path), "--lang", "en", PLATEAU_DATABASE_URL=hub.url)

    assert done.returncode == 2
    assert re.match(rf"{re.escape(str(path))}:{line}: .*height", done.stderr), done.stderr


def test_a_full_disk(server: Postgres, tmp_path: Path) -> None:
    """No file may grow over a limit that the operating system keeps."""
    limited = ("prlimit", f"--fsize={SMALL_FILES}")
    image = ct()
    image.Rows = image.Columns = 512
    image.PixelData = bytes(512 * 512 * 2)
    with (
        doors.opened(server, tmp_path, ("dimse",), before=limited) as full,
        associated(full.ports["dimse"]) as line,
    ):
        with nothing_changes(full):
            answer = store(line, image)

        assert answer.Status == 0xA700
        assert answer.ErrorComment == "the object store is full or cannot be reached"
        assert refusals(full) == [f"unavailable: {answer.ErrorComment}"]
        assert full.logged("dimse", "store.refused") == ["unavailable"]
        assert store(line, ct()).Status == 0x0000  # what fits is kept


def signed_in(hub: Doors, login: str) -> httpx.Client:
    """Somebody at a browser."""
    client = httpx.Client(base_url=hub.base, follow_redirects=True, headers={"Origin": hub.base})
    sign_in(client, login, PASSWORD)
    return client


def press(client: httpx.Client, path: str, action: str) -> httpx.Response:
    """Open a page and press its button that goes to `action`."""
    for form in forms(client.get(path).text):
        if any(button.action == action for button in form.buttons):
            return client.post(action, data=form.fields)
    raise AssertionError(f"{path} has no button to {action}")
