"""A program that proposes drafts, as a separate process that speaks FHIR R4 to Plateau.

`python -m outside.drafter --base http://127.0.0.1:8080 --token-file token --name X --version 1`

It looks at no image: what it writes follows from the accession number alone, so that the same exam
always gets the same draft. `--wrong` makes a share of its drafts say the contrary.
"""

import argparse
import hashlib
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog

log = structlog.get_logger()
_LOOK_S = 0.5
_AWAY_S = 2.0
_ABNORMAL_IN = 4  # one draft in so many
_SNOMED, _LOINC = "http://snomed.info/sct", "http://loinc.org"
_NUMBERS = "http://terminology.hl7.org/CodeSystem/v2-0203"
_NORMAL = ("17621005", "Normal"), ("263654008", "Abnormal")
_TEXTS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "CT": (
        ("Projet simulé : pas d'anomalie décelée.", "Projet simulé : examen sans particularité."),
        ("Projet simulé : plage de densité anormale.", "Projet simulé : anomalie à confirmer."),
    ),
    "MR": (
        ("Projet simulé : signal habituel.", "Projet simulé : examen sans particularité."),
        ("Projet simulé : hypersignal focal.", "Projet simulé : anomalie à confirmer."),
    ),
    "DX": (
        ("Projet simulé : transparence normale.", "Projet simulé : cliché sans particularité."),
        ("Projet simulé : opacité localisée.", "Projet simulé : anomalie à confirmer."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What the drafts are signed with."""

    name: str
    version: str
    wrong_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What the other side says of an exam that waits for a draft."""

    study: str  # urn:oid:…
    accession_number: str
    modality: str


def exams(bundle: Mapping[str, Any]) -> list[Exam]:
    """The exams of an answer."""
    return [_exam(entry["resource"]) for entry in bundle.get("entry", [])]


def _exam(study: Mapping[str, Any]) -> Exam:
    numbers = {_code(one.get("type", {})): one["value"] for one in study["identifier"]}
    uid = next(one["value"] for one in study["identifier"] if one.get("system") == "urn:dicom:uid")
    return Exam(study=uid, accession_number=numbers["ACSN"], modality=study["modality"][0]["code"])


def _code(concept: Mapping[str, Any]) -> str:
    codings = concept.get("coding", [])
    return codings[0]["code"] if codings else ""


def draft(exam: Exam, program: Program) -> dict[str, Any]:
    """The draft of an exam: the same whenever it is asked for."""
    dice = hashlib.sha256(f"{program.name}|{program.version}|{exam.accession_number}".encode())
    thrown = int.from_bytes(dice.digest()[:4])
    abnormal = thrown % _ABNORMAL_IN == 0
    if thrown // _ABNORMAL_IN % 100 < program.wrong_percent:
        abnormal = not abnormal
    result, conclusion = _TEXTS.get(exam.modality, _TEXTS["CT"])[abnormal]
    code, display = _NORMAL[abnormal]
    return {
        "resourceType": "DiagnosticReport",
        "status": "preliminary",
        "identifier": [{"system": "urn:drafter", "value": dice.hexdigest()[:32]}],
        "basedOn": [{"identifier": _accession(exam)}],
        "code": {"coding": [{"system": _LOINC, "code": "18748-4"}]},
        "imagingStudy": [{"identifier": {"system": "urn:dicom:uid", "value": exam.study}}],
        "result": [{"reference": "#findings"}],
        "conclusion": conclusion,
        "conclusionCode": [{"coding": [{"system": _SNOMED, "code": code, "display": display}]}],
        "contained": [_device(program), _findings(result)],
    }


def _accession(exam: Exam) -> dict[str, Any]:
    kind = {"coding": [{"system": _NUMBERS, "code": "ACSN"}]}
    return {"type": kind, "value": exam.accession_number}


def _device(program: Program) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "id": "program",
        "deviceName": [{"name": program.name, "type": "model-name"}],
        "version": [{"value": program.version}],
    }


def _findings(text: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "findings",
        "status": "preliminary",
        "code": {"coding": [{"system": _LOINC, "code": "59776-5"}]},
        "device": {"reference": "#program"},
        "valueString": text,
    }


def send(client: httpx.Client, found: Iterable[Exam], program: Program) -> int:
    """Send a draft of each exam; how many were taken. What is refused is not sent again here."""
    taken = 0
    for exam in found:
        answer = client.post("/api/fhir/DiagnosticReport", json=draft(exam, program))
        taken += answer.is_success
        log.info("draft.sent", status=answer.status_code)
    return taken


def serve(client: httpx.Client, program: Program, stop: threading.Event) -> None:
    """Look for exams and send drafts until told to stop; patient while the other side is away."""
    while not stop.is_set():
        try:
            answer = client.get("/api/fhir/ImagingStudy")
            if answer.is_success:
                send(client, exams(answer.json()), program)
            stop.wait(_LOOK_S if answer.is_success else _AWAY_S)
        except httpx.TransportError as error:
            log.info("other_side.away", reason=type(error).__name__)
            stop.wait(_AWAY_S)


def main(arguments: list[str]) -> int:
    """Propose drafts until told to stop."""
    parser = argparse.ArgumentParser(prog="outside.drafter", description=__doc__)
    parser.add_argument("--base", required=True)
    parser.add_argument("--token-file", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--wrong", type=int, default=0, help="percent that say the contrary")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    token = options.token_file.read_text("utf-8").strip()
    program = Program(name=options.name, version=options.version, wrong_percent=options.wrong)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    with httpx.Client(base_url=options.base, headers=headers, timeout=30) as client:
        serve(client, program, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
