"""The FHIR R4 resources that a program and we exchange, parsed and written."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from plateau.kernel.errors import InvalidInputError
from plateau.reading.assistant.types import Arrival, Awaited, Model

MEDIA = "application/fhir+json"
NORMAL, ABNORMAL = "17621005", "263654008"  # SNOMED CT
_SNOMED, _LOINC = "http://snomed.info/sct", "http://loinc.org"
_FINDINGS = "59776-5"  # LOINC: procedure findings
_IMAGING = "18748-4"  # LOINC: diagnostic imaging study
_UID, _URN = "urn:dicom:uid", "urn:oid:"
_IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
_MASKED = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]


class Coding(BaseModel):
    """A code of a system."""

    system: str = ""
    code: str = ""


class Concept(BaseModel):
    """Something said by codes."""

    coding: list[Coding] = []


class Identifier(BaseModel):
    """A number that somebody gave to something."""

    system: str = ""
    value: Short
    type: Concept = Concept()


class Reference(BaseModel):
    """Something else, by address or by number."""

    reference: str = ""
    identifier: Identifier | None = None


class Version(BaseModel):
    """The version of a program."""

    value: Short


class DeviceName(BaseModel):
    """What a program is called."""

    name: Short
    type: str


class Device(BaseModel):
    """The program that wrote the draft."""

    resourceType: Literal["Device"]  # noqa: N815 - named by FHIR
    id: str
    deviceName: list[DeviceName] = Field(min_length=1)  # noqa: N815
    version: list[Version] = Field(min_length=1)


class Observation(BaseModel):
    """The findings, as text."""

    resourceType: Literal["Observation"]  # noqa: N815
    id: str
    status: Literal["preliminary"]
    code: Concept
    valueString: Text  # noqa: N815
    device: Reference


Contained = Annotated[Device | Observation, Field(discriminator="resourceType")]


class DiagnosticReport(BaseModel):
    """A draft: always preliminary, about one study, with its program and its findings inside."""

    resourceType: Literal["DiagnosticReport"]  # noqa: N815
    status: Literal["preliminary"]
    identifier: list[Identifier] = Field(min_length=1, max_length=1)
    basedOn: list[Reference] = Field(min_length=1, max_length=1)  # noqa: N815
    imagingStudy: list[Reference] = Field(min_length=1, max_length=1)  # noqa: N815
    result: list[Reference] = Field(min_length=1, max_length=1)
    conclusion: Text
    conclusionCode: list[Concept] = Field(min_length=1, max_length=1)  # noqa: N815
    contained: list[Contained] = Field(min_length=2, max_length=2)


def arrival(report: DiagnosticReport, document: Any) -> Arrival:
    """The draft in our words; InvalidInputError names everything that it lacks."""
    inside = {f"#{one.id}": one for one in report.contained}
    findings = inside.get(report.result[0].reference)
    device = inside.get(findings.device.reference) if isinstance(findings, Observation) else None
    study = report.imagingStudy[0].identifier
    order = report.basedOn[0].identifier
    problems = {
        "result": not isinstance(findings, Observation)
        or (_LOINC, _FINDINGS) not in _codes(findings.code),
        "contained.Device": not isinstance(device, Device),
        "imagingStudy.identifier": study is None or study.system != _UID,
        "basedOn.identifier": order is None
        or (_IDENTIFIER_TYPES, "ACSN") not in _codes(order.type),
        "conclusionCode": _is_abnormal(report.conclusionCode[0]) is None,
    }
    wrong = sorted(name for name, is_wrong in problems.items() if is_wrong)
    if wrong:
        raise InvalidInputError("check these answers: {fields}", fields=", ".join(wrong))
    assert isinstance(findings, Observation) and isinstance(device, Device)  # noqa: S101, PT018
    assert study and order  # noqa: S101, PT018 - looked at above
    key = report.identifier[0]
    return Arrival(
        key=f"{key.system}|{key.value}",
        model_name=device.deviceName[0].name,
        model_version=device.version[0].value,
        study_uid=study.value.removeprefix(_URN),
        accession_number=order.value,
        result=findings.valueString,
        conclusion=report.conclusion,
        abnormal=bool(_is_abnormal(report.conclusionCode[0])),
        document=document,
    )


def _codes(concept: Concept) -> set[tuple[str, str]]:
    return {(one.system, one.code) for one in concept.coding}


def _is_abnormal(concept: Concept) -> bool | None:
    """What the draft says of the exam; None when it says neither or both."""
    said = {one.code for one in concept.coding if one.system == _SNOMED} & {NORMAL, ABNORMAL}
    return said == {ABNORMAL} if len(said) == 1 else None


def worklist(exams: Sequence[Awaited], model: Model) -> dict[str, Any]:
    """The exams that wait for a draft of a program; nothing says whose they are."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(exams),
        "entry": [
            {"resource": _study(one), "search": {"mode": "match"}, "fullUrl": _address(one)}
            for one in exams
        ],
        "meta": {"tag": [{"display": f"{model.name} {model.version}"}]},
    }


def _address(one: Awaited) -> str:
    return f"{_URN}{one.study_uid}"


def _study(one: Awaited) -> dict[str, Any]:
    return {
        "resourceType": "ImagingStudy",
        "status": "available",
        "identifier": [
            {"system": _UID, "value": _address(one)},
            {
                "type": {"coding": [{"system": _IDENTIFIER_TYPES, "code": "ACSN"}]},
                "value": one.accession_number,
            },
        ],
        "modality": [
            {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": one.modality}
        ],
        "subject": {"extension": [{"url": _MASKED, "valueCode": "masked"}]},
        "started": one.complete_at.isoformat(),
        "procedureCode": [{"coding": [{"code": one.exam_code, "display": one.exam_name}]}],
    }


def kept(document: dict[str, Any], proposal_id: str) -> dict[str, Any]:
    """What was received, with the number it has here."""
    return {**document, "id": proposal_id, "code": document.get("code") or _report_code()}


def _report_code() -> dict[str, Any]:
    return {"coding": [{"system": _LOINC, "code": _IMAGING}]}
