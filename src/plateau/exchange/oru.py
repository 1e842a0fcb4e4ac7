"""The result of an exam as an ORU^R01 message."""

import base64

from plateau.exchange.hl7v2 import escape, message, msh, segment, stamp
from plateau.exchange.types import Letter

# Source: CI-SIS IMG-CR-IMG 2024.01, LOINC codes of the sections of an imaging report.
_INDICATION = "55752-0^Clinical information^LN"
_TECHNIQUE = "55111-9^Current imaging procedure descriptions^LN"
_RESULT = "59776-5^Procedure findings^LN"
_CONCLUSION = "19005-8^Radiology imaging study [Interpretation]^LN"
_ADDENDUM = "55107-7^Addendum^LN"
_DOCUMENT = "18748-4^Diagnostic imaging study^LN"
_STUDY = "113014^DICOM Study^DCM"
_RPPS = "1.2.250.1.71.4.2.1"  # the object identifier of the register of French professionals


def build(letter: Letter, pdf: bytes) -> bytes:
    """The message of one delivery: byte for byte the same on each attempt."""
    head = msh(
        letter.application,
        letter.facility,
        "ORU^R01^ORU_R01",
        control_id=letter.control_id,
        at=letter.created_at,
    )
    about = [_patient(letter), "PV1|1|U", _order(letter), _exam(letter), *_reason(letter)]
    return message([head, *about, *_observations(letter, pdf)])


def _patient(letter: Letter) -> str:
    """The identifier is the site's own; the platform's when the site has given none."""
    if letter.local_id:
        identifier = f"{escape(letter.local_id)}^^^{escape(letter.site_code)}^PI"
    else:
        identifier = f"{letter.patient_id}^^^PLATEAU^PI"
    return segment(
        "PID",
        {
            1: "1",
            3: identifier,
            5: f"{escape(letter.surname)}^{escape(letter.first_name)}^^^^^D",
            7: letter.birth_on.strftime("%Y%m%d"),
            8: letter.sex,
        },
    )


def _order(letter: Letter) -> str:
    number = escape(letter.accession_number)
    requester = f"^{escape(letter.requester_name)}"
    return segment("ORC", {1: "RE", 2: number, 3: number, 5: "CM", 12: requester})


def _exam(letter: Letter) -> str:
    number = escape(letter.accession_number)
    return segment(
        "OBR",
        {
            1: "1",
            2: number,
            3: number,
            4: f"{escape(letter.exam_code)}^{escape(letter.exam_name)}^L",
            7: stamp(letter.observed_at),
            16: f"^{escape(letter.requester_name)}",
            18: number,
            22: stamp(letter.signed_at),
            24: escape(letter.modality),
            25: _status(letter),
            31: f"^{escape(letter.aim)}",
            32: _signer(letter),
        },
    )


def _signer(letter: Letter) -> str:
    """The name, and the national number when it is known (HL7 2.5.1, data type CNN)."""
    name = escape(letter.signer_name)
    if not letter.signer_rpps:
        return f"&{name}"
    return "&".join([escape(letter.signer_rpps), name, *[""] * 7, _RPPS, "ISO"])


def _reason(letter: Letter) -> list[str]:
    """Why an addendum or a retraction was written."""
    return [segment("NTE", {1: "1", 2: "L", 3: escape(letter.reason)})] if letter.reason else []


def _observations(letter: Letter, pdf: bytes) -> list[str]:
    """The study's UID, each section that says something, and the signed document."""
    document = f"PLATEAU^application^pdf^Base64^{base64.b64encode(pdf).decode()}"
    values = [("HD", _STUDY, letter.study_uid)]
    values += [("FT", code, escape(text)) for code, text in _sections(letter) if text.strip()]
    values += [("ED", _DOCUMENT, document)]
    return [
        segment(
            "OBX",
            {
                1: str(number),
                2: kind,
                3: code,
                5: text,
                11: _standing(letter),
                14: stamp(letter.signed_at),
            },
        )
        for number, (kind, code, text) in enumerate(values, start=1)
    ]


def _sections(letter: Letter) -> list[tuple[str, str]]:
    """What each section says; a retraction says the same in all those that may have been sent."""
    if letter.kind == "retraction":
        codes = (_INDICATION, _TECHNIQUE, _RESULT, _ADDENDUM, _CONCLUSION)
        return [(code, letter.result) for code in codes]
    return [
        (_INDICATION, letter.indication),
        (_TECHNIQUE, letter.technique),
        (_ADDENDUM if letter.kind == "addendum" else _RESULT, letter.result),
        (_CONCLUSION, letter.conclusion),
    ]


def _status(letter: Letter) -> str:
    """P: preliminary; F: final; C: corrects or adds to a final result (HL7 table 0123)."""
    if letter.kind == "preliminary":
        return "P"
    return "C" if letter.kind != "final" or letter.follows else "F"


def _standing(letter: Letter) -> str:
    """W: what was sent before is wrong, as for another patient (HL7 table 0085)."""
    return "W" if letter.kind == "retraction" else _status(letter)
