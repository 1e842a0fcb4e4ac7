"""How a machine talks to the hub: DICOM associations, the worklist, stores, procedure steps."""

from collections.abc import Callable, Generator, Set
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    XRayRadiationDoseSRStorage,
)
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

from outside.exams import Machine, scheduled
from outside.objects import PERFORMED_STEP

VERIFICATION = UID("1.2.840.10008.1.1")
WORKLIST = UID("1.2.840.10008.5.1.4.31")
SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
DUPLICATE_SOP_INSTANCE = 0x0111
CLASS_NOT_SUPPORTED = 0x0122
NO_LONGER_UPDATABLE = 0xA710  # PS3.4, F.7.2.2: error id of an N-SET on a closed step
_PENDING = {0xFF00, 0xFF01}
_STORED = {0x0000, 0xB000, 0xB006, 0xB007}
_WAITING = {"", "SCHEDULED", "ARRIVED", "READY"}
SOP_CLASSES = (
    VERIFICATION,
    WORKLIST,
    PERFORMED_STEP,
    CTImageStorage,
    MRImageStorage,
    DigitalXRayImageStorageForPresentation,
    XRayRadiationDoseSRStorage,
)


class LinkError(Exception):
    """The hub did not do what was asked; ask again later."""


class LostError(LinkError):
    """No association, or no answer: whether the hub acted is unknown."""


class RefusedError(LinkError):
    """The hub answered that it did not act."""

    def __init__(self, status: int, error_id: int | None = None) -> None:
        super().__init__(f"status 0x{status:04X}")
        self.status = status
        self.error_id = error_id


@contextmanager
def associate(machine: Machine) -> Generator[Association]:
    """An association with the hub, closed at the end."""
    entity = ApplicationEntity(ae_title=machine.ae_title)
    entity.connection_timeout, entity.acse_timeout = 5, 15
    entity.dimse_timeout, entity.network_timeout = 30, 60
    entity.maximum_pdu_size = 1 << 20
    for sop_class in SOP_CLASSES:
        entity.add_requested_context(sop_class, ExplicitVRLittleEndian)
    link = entity.associate(machine.host, machine.port, ae_title=machine.called)
    if not link.is_established:
        raise LostError("association rejected" if link.is_rejected else "no association")
    try:
        yield link
    finally:
        if link.is_established:
            link.release()
        else:
            link.abort()


def echo(link: Association) -> None:
    """The hub answers."""
    _check(_ask(link.send_c_echo), {SUCCESS})


def worklist(link: Association, machine: Machine) -> list[Dataset]:
    """What this machine has to do, the earliest first."""
    answers = [item for item in _ask_all(link, query(machine)) if _is_complete(item)]
    waiting = [item for item in answers if _status(item) in _WAITING]
    return sorted(waiting, key=_scheduled_at)


def _is_complete(item: Dataset) -> bool:
    """Whether the item has what a machine cannot work without."""
    steps = item.get("ScheduledProcedureStepSequence")
    return bool(item.get("StudyInstanceUID") and steps and steps[0].get("ScheduledProcedureStepID"))


def _status(item: Dataset) -> str:
    return str(scheduled(item).get("ScheduledProcedureStepStatus") or "")


def _scheduled_at(item: Dataset) -> tuple[str, str]:
    step = scheduled(item)
    return (
        str(step.get("ScheduledProcedureStepStartDate") or ""),
        str(step.get("ScheduledProcedureStepStartTime") or ""),
    )


def query(machine: Machine) -> Dataset:
    """The worklist keys: one to match, the others to be returned.

    Source: DICOM PS3.4, table K.6-1.
    """
    code = Dataset()
    code.CodeValue = code.CodingSchemeDesignator = code.CodingSchemeVersion = ""
    code.CodeMeaning = ""
    step = Dataset()
    step.ScheduledStationAETitle = machine.ae_title
    for keyword in _STEP_KEYS:
        setattr(step, keyword, None)
    step.ScheduledProtocolCodeSequence = [code]
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _KEYS:
        setattr(ds, keyword, None)
    ds.ReferencedStudySequence = []
    ds.ReferencedPatientSequence = []
    ds.RequestedProcedureCodeSequence = [Dataset(code)]
    ds.ScheduledProcedureStepSequence = [step]
    return ds


_STEP_KEYS = (
    "ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime", "Modality",
    "ScheduledPerformingPhysicianName", "ScheduledProcedureStepDescription",
    "ScheduledStationName", "ScheduledProcedureStepLocation", "ScheduledProcedureStepID",
    "ScheduledProcedureStepStatus", "RequestedContrastAgent", "PreMedication",
)  # fmt: skip
_KEYS = (
    "AccessionNumber", "InstitutionName", "ReferringPhysicianName", "RequestingPhysician",
    "RequestedProcedureID", "RequestedProcedureDescription", "RequestedProcedurePriority",
    "StudyInstanceUID", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate",
    "PatientSex", "PatientWeight", "PatientSize", "MedicalAlerts", "Allergies", "PregnancyStatus",
    "AdmissionID", "CurrentPatientLocation", "PatientTransportArrangements",
    "ConfidentialityConstraintOnPatientDataDescription", "PatientState", "SpecialNeeds",
)  # fmt: skip


def store(link: Association, instance: Dataset) -> None:
    """The hub keeps the object."""
    _check(_ask(lambda: link.send_c_store(instance)), _STORED)


def create_step(link: Association, step: Dataset, step_uid: UID) -> None:
    """The hub knows that the step has begun; it may have known already."""
    status = _ask(lambda: link.send_n_create(step, PERFORMED_STEP, step_uid)[0])
    _check(status, {SUCCESS, DUPLICATE_SOP_INSTANCE})


def set_step(link: Association, changes: Dataset, step_uid: UID) -> None:
    """The hub has taken the changes of the step."""
    status = _ask(lambda: link.send_n_set(changes, PERFORMED_STEP, step_uid)[0])
    _check(status, {SUCCESS})


def _ask(send: Callable[[], Dataset]) -> Dataset:
    """The hub's answer; losing the association is one more way to have none."""
    try:
        return send()
    except (RuntimeError, OSError) as error:  # pynetdicom: association closed under the call
        raise LostError("association closed") from error
    except ValueError as error:  # pynetdicom: the hub accepted no context for this class
        raise RefusedError(CLASS_NOT_SUPPORTED) from error


def _ask_all(link: Association, identifier: Dataset) -> list[Dataset]:
    answers: list[Dataset] = []
    try:
        for status, item in link.send_c_find(identifier, WORKLIST):
            _check(status, _PENDING | {SUCCESS})
            if item is not None and status.Status in _PENDING:
                answers.append(item)
    except (RuntimeError, OSError) as error:
        raise LostError("association closed") from error
    except ValueError as error:
        raise RefusedError(CLASS_NOT_SUPPORTED) from error
    return answers


def _check(status: Dataset, accepted: Set[int]) -> None:
    if "Status" not in status:
        raise LostError("no answer")
    if status.Status not in accepted:
        raise RefusedError(status.Status, status.get("ErrorID"))
