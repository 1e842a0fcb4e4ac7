"""A program that proposes drafts for the exam of the night, and the administrator who lets it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from make import NIGHT, World, a_caller, a_person, a_role, accession_of, study_uid_of
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.reading.assistant.service import arriving, switching
from plateau.reading.assistant.service.switching import Wish
from plateau.reading.assistant.types import Arrival, Limit, Model

RESULT = "Pas d'hémorragie intracrânienne. Ventricules symétriques."
CONCLUSION = "Scanner cérébral normal."
_ACCESSION = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]
}
LIMIT = Limit(usual_permille=50, limit_permille=150, quiet_for=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that is known, its token, and who administers."""

    model: Model
    token: str
    administrator: Caller


def a_program(tx: Tx, world: World) -> Program:
    person_id = a_person(tx, "admin", "Alix Administration")
    a_role(tx, person_id, Role.ADMINISTRATOR, world.site_id)
    administrator = a_caller(person_id, world.site_id, role=Role.ADMINISTRATOR)
    model, token = switching.admit(
        tx, administrator, name="Esquisse", version="1.4", maker="Maison inventée", now=NIGHT
    )
    return Program(model=model, token=token, administrator=administrator)


def switched_on(
    tx: Tx, world: World, program: Program, *, blind: int = 0, limit: Limit = LIMIT
) -> UUID:
    wish = Wish(
        model_id=program.model.model_id,
        site_id=world.site_id,
        exam_code=world.exam_code,
        since=local(NIGHT).date(),
        blind_permille=blind,
        limit=limit,
    )
    return switching.switch_on(tx, program.administrator, wish, now=NIGHT)


def a_report(exam_id: ExamId, **changed: Any) -> dict[str, Any]:
    """What the program sends, as FHIR."""
    return {
        "resourceType": "DiagnosticReport",
        "status": "preliminary",
        "identifier": [{"system": "urn:esquisse", "value": f"draft-{exam_id}"}],
        "basedOn": [{"identifier": {"type": _ACCESSION, "value": accession_of(exam_id)}}],
        "imagingStudy": [
            {"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{study_uid_of(exam_id)}"}}
        ],
        "result": [{"reference": "#findings"}],
        "conclusion": CONCLUSION,
        "conclusionCode": [{"coding": [{"system": "http://snomed.info/sct", "code": "17621005"}]}],
        "contained": [
            {
                "resourceType": "Device",
                "id": "program",
                "deviceName": [{"name": "Esquisse", "type": "model-name"}],
                "version": [{"value": "1.4"}],
            },
            {
                "resourceType": "Observation",
                "id": "findings",
                "status": "preliminary",
                "code": {"coding": [{"system": "http://loinc.org", "code": "59776-5"}]},
                "device": {"reference": "#program"},
                "valueString": RESULT,
            },
        ],
        **changed,
    }


def proposed(tx: Tx, program: Program, exam_id: ExamId) -> UUID:
    arrival = Arrival(
        key=f"urn:esquisse|draft-{exam_id}",
        model_name="Esquisse",
        model_version="1.4",
        study_uid=study_uid_of(exam_id),
        accession_number=accession_of(exam_id),
        result=RESULT,
        conclusion=CONCLUSION,
        abnormal=False,
        document={},
    )
    proposal_id, _ = arriving.propose(tx, program.model, arrival, now=NIGHT + timedelta(minutes=1))
    return proposal_id
