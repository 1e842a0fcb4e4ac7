import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, build_context
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import (
    ModalityWorklistInformationFind,  # pyright: ignore[reportAttributeAccessIssue] - made at import
)
from pynetdicom.transport import ThreadedAssociationServer

import make
from make import World
from plateau.kernel.ids import ExamId
from plateau.platform import dimse
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.resting import rested
from plateau.platform.settings import Settings
from plateau.requests import scp

NIGHT_IN_PARIS = ("20261124", "020000")


@pytest.fixture
def world(db: Db) -> World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def exam_id(db: Db, world: World) -> ExamId:
    with db.begin() as tx:
        return make.an_exam(tx, world)


@pytest.fixture
def port(db: Db, blobs: Blobs) -> Iterator[int]:
    """A real server that answers worklist queries only."""
    server: ThreadedAssociationServer = dimse.serve(
        Settings(dicom_port=0),
        [build_context(ModalityWorklistInformationFind)],
        scp.handlers(dimse.Hub(db, blobs)),
    )
    yield server.server_address[1]
    server.shutdown()


def query(**step: str) -> Dataset:
    """What a scanner asks: return keys, and matching keys of the scheduled step."""
    wanted = Dataset()
    wanted.SpecificCharacterSet = "ISO_IR 192"
    for keyword in (
        "AccessionNumber", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
        "StudyInstanceUID", "RequestedProcedureID", "RequestedProcedureDescription",
        "RequestedProcedurePriority", "ReferringPhysicianName", "MedicalAlerts", "Allergies",
    ):  # fmt: skip
        setattr(wanted, keyword, "")
    item = Dataset()
    for keyword in (
        "ScheduledStationAETitle", "Modality", "ScheduledProcedureStepStartDate",
        "ScheduledProcedureStepStartTime", "ScheduledProcedureStepID",
        "ScheduledProcedureStepDescription",
    ):  # fmt: skip
        setattr(item, keyword, step.get(keyword, ""))
    wanted.ScheduledProcedureStepSequence = [item]
    return wanted


def ask(port: int, wanted: Dataset, ae_title: str = "CT_TEST") -> tuple[int, list[Dataset]]:
    """The final status and the answers."""
    ae = AE(ae_title)
    ae.add_requested_context(ModalityWorklistInformationFind)
    association = ae.associate("127.0.0.1", port, ae_title="PLATEAU")
    assert rested(association).is_established
    answers: list[Dataset] = []
    last = -1
    for status, identifier in association.send_c_find(wanted, ModalityWorklistInformationFind):
        last = status.Status
        if identifier is not None:
            answers.append(identifier)
    association.release()
    return last, answers


def test_a_machine_finds_its_exam(port: int, db: Db, world: World, exam_id: ExamId) -> None:
    with db.begin() as tx:
        tx.run("update requests.request set renal = 'impaired', allergy = 'yes'")

    status, [item] = ask(port, query(ScheduledStationAETitle="CT_TEST", Modality="CT"))

    [step] = item.ScheduledProcedureStepSequence
    assert status == 0x0000
    assert item.SpecificCharacterSet == "ISO_IR 192"
    assert str(item.PatientName) == "TESTINVENTE^Camille"
    assert (item.PatientID, item.PatientBirthDate) == ("IPP-TEST-1", "19500203")
    assert item.StudyInstanceUID == make.study_uid_of(exam_id)
    assert item.AccessionNumber == make.accession_of(exam_id)
    assert item.RequestedProcedureDescription == "Scanner du crâne"
    assert item.RequestedProcedurePriority == "STAT"
    assert str(item.ReferringPhysicianName) == "Urgence^^^Dr"
    assert item.MedicalAlerts == "Insuffisance rénale"
    assert item.Allergies
    assert (step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime) == (
        NIGHT_IN_PARIS
    )
    assert "ScheduledProcedureStepStatus" not in step  # not asked for


def test_an_empty_step_asks_for_all_of_it(port: int, world: World, exam_id: ExamId) -> None:
    wanted = query()
    wanted.ScheduledProcedureStepSequence = [Dataset()]

    _, [item] = ask(port, wanted)

    assert item.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus == "SCHEDULED"


@pytest.mark.parametrize(
    "step",
    [
        {"Modality": "MR"},
        {"ScheduledStationAETitle": "OTHER"},
        {"ScheduledProcedureStepStartDate": "20261125-"},
        {"ScheduledProcedureStepStartTime": "0300-0400"},
    ],
)
def test_what_does_not_match_is_not_shown(
    port: int, world: World, exam_id: ExamId, step: dict[str, str]
) -> None:
    assert ask(port, query(**step)) == (0x0000, [])


def test_names_match_with_wildcards(port: int, world: World, exam_id: ExamId) -> None:
    wanted = query()
    wanted.PatientName = "testinv*"
    assert len(ask(port, wanted)[1]) == 1
    wanted.PatientName = "AUTRE*"
    assert ask(port, wanted)[1] == []


def test_the_most_urgent_comes_first(port: int, db: Db, world: World) -> None:
    with db.begin() as tx:
        for urgency in ("U2", "U0", "U1"):
            make.an_exam(tx, world, urgency=urgency)

    _, items = ask(port, query())

    assert [item.RequestedProcedurePriority for item in items] == ["STAT", "HIGH", "MEDIUM"]


@pytest.mark.parametrize("state", ["acquired", "transferring", "complete", "cancelled"])
def test_what_is_done_leaves_the_worklist(port: int, db: Db, world: World, state: str) -> None:
    with db.begin() as tx:
        make.an_exam(tx, world, state)

    assert ask(port, query()) == (0x0000, [])


def test_a_machine_sees_its_own_site_only(port: int, db: Db, world: World, exam_id: ExamId) -> None:
    with db.begin() as tx:
        make.a_device(tx, make.a_site(tx, "AUTRE"), "CT_AUTRE")

    assert ask(port, query(), ae_title="CT_AUTRE") == (0x0000, [])


def test_an_unknown_ae_title_is_refused(port: int, world: World, exam_id: ExamId) -> None:
    assert ask(port, query(), ae_title="NOBODY") == (0x0124, [])


def test_a_query_without_keys_or_with_a_wrong_date_is_refused(
    port: int, world: World, exam_id: ExamId
) -> None:
    two = query()
    two.ScheduledProcedureStepSequence = [Dataset(), Dataset()]
    charset = Dataset()
    charset.SpecificCharacterSet = "ISO_IR 192"

    assert ask(port, two)[0] == 0xA900
    assert ask(port, charset)[0] == 0xA900
    assert ask(port, query(ScheduledProcedureStepStartDate="20260230"))[0] == 0xA900


def test_looking_is_audited_once_a_query(port: int, db: Db, world: World, exam_id: ExamId) -> None:
    ask(port, query())
    ask(port, query(Modality="MR"))

    with db.begin() as tx:
        assert tx.values("select action || ' ' || actor from access.audit") == [
            "worklist.query CT_TEST"
        ]


def test_dcmtk_finds_the_exam(port: int, world: World, exam_id: ExamId, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "/usr/bin/findscu", "-W", "-X", "-aet", "CT_TEST", "-aec", "PLATEAU",
            "-od", str(tmp_path),
            "-k", "SpecificCharacterSet=ISO_IR 192",
            "-k", "PatientName=TEST*", "-k", "PatientID", "-k", "StudyInstanceUID",
            "-k", "ScheduledProcedureStepSequence[0].Modality=CT",
            "-k", "ScheduledProcedureStepSequence[0].ScheduledStationAETitle=CT_TEST",
            "-k", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate=20261124",
            "127.0.0.1", str(port),
        ],
        capture_output=True,
        timeout=30,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    [answer] = tmp_path.glob("rsp*.dcm")
    assert make.study_uid_of(exam_id).encode() in answer.read_bytes()


GARBAGE = {
    "a value that is no number": bytes.fromhex("10003010") + bytes.fromhex("03000000") + b"xyz",
    "a sequence without end": bytes.fromhex("40000001ffffffff") + bytes.fromhex("feff00e0ffffff7f"),
    "noise": bytes(range(1, 255)),
}


@pytest.mark.parametrize("identifier", GARBAGE.values(), ids=GARBAGE)
def test_a_malformed_identifier_is_refused(
    port: int, world: World, exam_id: ExamId, identifier: bytes
) -> None:
    ae = AE("CT_TEST")
    ae.add_requested_context(ModalityWorklistInformationFind, ImplicitVRLittleEndian)
    association = ae.associate("127.0.0.1", port, ae_title="PLATEAU")
    request = C_FIND()
    request.MessageID = 1
    request.Priority = 2
    request.AffectedSOPClassUID = ModalityWorklistInformationFind
    request.Identifier = BytesIO(identifier)
    context_id = association.accepted_contexts[0].context_id
    assert context_id is not None
    reactor = vars(association)["_reactor_checkpoint"]
    reactor.clear()  # as the library does: the answer is ours to read
    association.dimse.send_msg(request, context_id)
    _, answer = association.dimse.get_msg(block=True)
    reactor.set()
    association.release()

    assert isinstance(answer, C_FIND)
    assert answer.Status == 0xA900
