"""What a match says, by DICOM keyword and level (PS3.4, C.6.1.1; PS3.18, table 10.6.3-3)."""

from collections.abc import Callable, Mapping

from plateau.images.search.matching import LEVELS, Level
from plateau.images.search.types import Match

Values = list[object]  # a name as DICOM writes it, a number, a text, or dictionaries of a sequence
_Say = Callable[[Match], Values]
ISSUER = "PLATEAU"  # of our own identifiers of patients


def _others(m: Match) -> Values:
    return [{"PatientID": [value], "IssuerOfPatientID": [code]} for value, code in m.identifiers]


def _requested(m: Match) -> Values:
    """The worklist gives the number of an exam as the identifier of its procedure and step."""
    if not m.accession_number:
        return []
    number: Values = [m.accession_number]
    return [{"RequestedProcedureID": number, "ScheduledProcedureStepID": number}]


BY_LEVEL: Mapping[Level, Mapping[str, _Say]] = {
    "PATIENT": {
        "PatientName": lambda m: [f"{m.surname}^{m.first_name}"],
        "PatientID": lambda m: [str(m.patient_id)],
        "IssuerOfPatientID": lambda m: [ISSUER],
        "PatientBirthDate": lambda m: [f"{m.birth_on:%Y%m%d}"],
        "PatientSex": lambda m: [{"U": "O"}.get(m.sex, m.sex)],
        "OtherPatientIDsSequence": _others,
        "NumberOfPatientRelatedStudies": lambda m: [m.patient_studies],
    },
    "STUDY": {
        "StudyInstanceUID": lambda m: [m.study_uid],
        "StudyDate": lambda m: [f"{m.local_at:%Y%m%d}"],
        "StudyTime": lambda m: [f"{m.local_at:%H%M%S}"],
        "AccessionNumber": lambda m: [m.accession_number],
        "StudyID": lambda m: [m.accession_number[:16]],
        "StudyDescription": lambda m: [m.description],
        "ModalitiesInStudy": lambda m: list[object](m.modalities),
        "ReferringPhysicianName": lambda m: [],
        "InstitutionName": lambda m: [m.site_name],
        "InstanceAvailability": lambda m: ["ONLINE"],
        "NumberOfStudyRelatedSeries": lambda m: [m.study_series],
        "NumberOfStudyRelatedInstances": lambda m: [m.study_instances],
    },
    "SERIES": {
        "SeriesInstanceUID": lambda m: [m.series_uid],
        "Modality": lambda m: [m.modality],
        "SeriesNumber": lambda m: [m.series_number],
        "SeriesDescription": lambda m: [m.series_description],
        "NumberOfSeriesRelatedInstances": lambda m: [m.series_instances],
        "RequestAttributesSequence": _requested,
    },
    "IMAGE": {
        "SOPInstanceUID": lambda m: [m.uid],
        "SOPClassUID": lambda m: [m.sop_class_uid],
        "AvailableTransferSyntaxUID": lambda m: [m.transfer_syntax_uid],
        "InstanceNumber": lambda m: [m.number],
        "NumberOfFrames": lambda m: [m.frames],
        "Rows": lambda m: [m.rows],
        "Columns": lambda m: [m.columns],
    },
}
# Known at the levels above, and answered by DICOMweb only when asked for.
_RARE = frozenset({"OtherPatientIDsSequence", "NumberOfPatientRelatedStudies", "InstitutionName"})
# Keys that choose without being told back.
_ONLY_KEYS = frozenset(
    {"SOPClassesInStudy", "RequestedProcedureID", "ScheduledProcedureStepID",
     "RequestedAccessionNumber"}
)  # fmt: skip
MATCHED = frozenset(
    {"PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
     "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyDescription",
     "ModalitiesInStudy", "SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription",
     "SOPInstanceUID", "SOPClassUID", "InstanceNumber", *_ONLY_KEYS}
)  # fmt: skip
_BELOW: Mapping[str, int] = {
    keyword: LEVELS.index(level)
    for level, keywords in (
        ("SERIES", ("Modality", "SeriesNumber", "SeriesDescription", "SeriesInstanceUID")),
        ("IMAGE", ("SOPInstanceUID", "SOPClassUID", "InstanceNumber")),
    )
    for keyword in keywords
}


def known(level: Level) -> Mapping[str, _Say]:
    """What can be said of a match, at its level and those above."""
    found: dict[str, _Say] = {}
    for each in LEVELS[: LEVELS.index(level) + 1]:
        found |= BY_LEVEL[each]
    return found


def usual(level: Level) -> frozenset[str]:
    """What is said when nothing particular was asked."""
    return frozenset(known(level)) - _RARE


def is_key(keyword: str, level: Level) -> bool:
    """Whether a search at a level can be by this attribute."""
    return keyword in MATCHED and _BELOW.get(keyword, 0) <= LEVELS.index(level)
