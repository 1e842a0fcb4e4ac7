"""One exam as a worklist item: only what the query asked for."""

from collections.abc import Callable, Mapping

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from plateau.requests.lines import ScheduledExam
from plateau.requests.rules import matching

_PRIORITY = {"U0": "STAT", "U1": "HIGH", "U2": "MEDIUM", "U3": "ROUTINE"}
_PREGNANCY = {"no": 1, "possible": 2, "yes": 3, "unknown": 4}  # PS3.3, table C.2-4
_STATUS = {"planned": "SCHEDULED", "arrived": "ARRIVED", "in_progress": "STARTED"}
_STEP = "ScheduledProcedureStepSequence"
_Value = Callable[[ScheduledExam], object]


def _doctor(name: str) -> str:
    """A person's name as DICOM writes it; ours are not split, the title is set apart."""
    title, _, rest = name.partition(" ")
    return f"{rest}^^^{title}" if title in ("Dr", "Pr") and rest else name


def _alerts(exam: ScheduledExam) -> list[str]:
    """What the technologist must know before the patient enters."""
    texts = {
        "Insuffisance rénale": exam.renal == "impaired",
        "Implant ou dispositif": exam.implant == "yes",
        "Grossesse": exam.pregnancy == "yes",
        "Grossesse possible": exam.pregnancy == "possible",
    }
    return [text for text, holds in texts.items() if holds]


_EXAM: Mapping[str, _Value] = {
    "AccessionNumber": lambda e: e.accession_number,
    "InstitutionName": lambda e: e.site_name[:64],
    "ReferringPhysicianName": lambda e: _doctor(e.requester_name),
    "PatientName": matching.person_name,
    "PatientID": lambda e: e.local_id,
    "IssuerOfPatientID": lambda e: e.site_code,
    "PatientBirthDate": lambda e: f"{e.birth_on:%Y%m%d}",
    "PatientSex": lambda e: e.sex if e.sex in ("F", "M") else "",
    "MedicalAlerts": _alerts,
    "Allergies": lambda e: "Allergie signalée, voir la demande" if e.allergy == "yes" else "",
    "PregnancyStatus": lambda e: _PREGNANCY.get(e.pregnancy),
    "SpecialNeeds": lambda e: "",
    "PatientState": lambda e: "",
    "PatientWeight": lambda e: None,
    "StudyInstanceUID": lambda e: e.study_uid,
    "RequestingPhysician": lambda e: _doctor(e.requester_name),
    "RequestingService": lambda e: e.site_name[:64],
    "RequestedProcedureDescription": lambda e: e.exam_name[:64],
    "RequestedProcedureID": lambda e: e.accession_number,
    "RequestedProcedurePriority": lambda e: _PRIORITY[e.urgency],
    "ReasonForTheRequestedProcedure": lambda e: e.aim[:64],
    "RequestedProcedureComments": lambda e: e.protocol[:10240],
    "PlacerOrderNumberImagingServiceRequest": lambda e: "",
    "FillerOrderNumberImagingServiceRequest": lambda e: e.accession_number,
    "AdmissionID": lambda e: "",
    "CurrentPatientLocation": lambda e: e.site_name[:64],
    "PatientTransportArrangements": lambda e: "",
    "ConfidentialityConstraintOnPatientDataDescription": lambda e: "",
}
_SCHEDULED: Mapping[str, _Value] = {
    "Modality": lambda e: e.modality,
    "ScheduledStationAETitle": lambda e: e.ae_title,
    "ScheduledStationName": lambda e: e.device_name[:16],
    "ScheduledProcedureStepStartDate": lambda e: f"{matching.scheduled_at(e):%Y%m%d}",
    "ScheduledProcedureStepStartTime": lambda e: f"{matching.scheduled_at(e):%H%M%S}",
    "ScheduledPerformingPhysicianName": lambda e: "",
    "ScheduledProcedureStepDescription": lambda e: e.exam_name[:64],
    "ScheduledProcedureStepID": lambda e: e.accession_number,
    "ScheduledProcedureStepLocation": lambda e: e.site_name[:16],
    "ScheduledProcedureStepStatus": lambda e: _STATUS[e.state],
    "CommentsOnTheScheduledProcedureStep": lambda e: e.protocol[:10240],
    "PreMedication": lambda e: "",
    "RequestedContrastAgent": lambda e: "",
}


def knows_some_of(wanted: Dataset) -> bool:
    """Whether a query asks for anything that a worklist holds."""
    return any(element.keyword in _EXAM or element.keyword == _STEP for element in wanted)


def identifier_of(exam: ScheduledExam, wanted: Dataset) -> Dataset:
    """The attributes that were asked for and that we know; a step without keys means all of it."""
    answer = Dataset()
    answer.SpecificCharacterSet = "ISO_IR 192"
    _fill(answer, exam, _EXAM, wanted)
    steps = wanted.get(_STEP)
    if steps is not None:
        step = Dataset()
        _fill(step, exam, _SCHEDULED, steps[0] if steps and len(steps[0]) else None)
        answer.ScheduledProcedureStepSequence = Sequence([step])
    return answer


def _fill(
    answer: Dataset, exam: ScheduledExam, values: Mapping[str, _Value], wanted: Dataset | None
) -> None:
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        if tag is not None and (wanted is None or tag in wanted):
            setattr(answer, keyword, value(exam))
