"""HL7 version 2: what is written is what is read, whatever the text."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.exchange import hl7v2, oru
from plateau.exchange.types import Answer, Letter, Outcome
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import DeliveryId, PatientId, SiteId, VersionId

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LETTER = Letter(
    delivery_id=DeliveryId(UUID(int=1)),
    version_id=VersionId(UUID(int=3)),
    control_id="ABCDEFGHIJKLMNOPQRST",
    created_at=AT,
    site_id=SiteId(UUID(int=2)),
    host="127.0.0.1",
    port=2575,
    application="RIS",
    facility="STPALAIS",
    site_code="STPALAIS",
    patient_id=PatientId(UUID(int=3)),
    local_id="IPP-TEST-1",
    surname="TESTINVENTÉ",
    first_name="Œdipe",
    birth_on=date(1950, 2, 3),
    sex="F",
    accession_number="26A0000000000001",
    study_uid="2.25.1234",
    exam_code="TDM-CRANE",
    exam_name="Scanner du crâne",
    modality="CT",
    observed_at=AT,
    requester_name="Dr Urgence",
    aim="Hémorragie ?",
    kind="final",
    follows=False,
    reason="",
    indication="Chute.",
    technique="Sans injection.",
    result="Pas d'hématome.\nPas de fracture.",
    conclusion="Normal & rassurant | voir ^ ~ \\ .",
    signed_at=AT,
    signer_name="Dr Lecture",
    signer_rpps="10000000001",
    document_key="0" * 40,
)
PDF = b"%PDF-1.7 invented"
# What PostgreSQL can hold: any character but NUL.
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def sent(letter: Letter = LETTER) -> hl7.Message:
    return hl7v2.parse(oru.build(letter, PDF))


def observations(parsed: hl7.Message) -> dict[str, str]:
    """OBX-5 by the code of OBX-3."""
    return {str(part[3][0][0]): hl7v2.unescape(str(part[5])) for part in parsed.segments("OBX")}


def lines(written: str) -> str:
    return written.replace("\r\n", "\n").replace("\r", "\n")


@given(text)
def test_escaping_keeps_any_text_and_leaves_no_mark(written: str) -> None:
    escaped = hl7v2.escape(written)

    assert hl7v2.unescape(escaped) == lines(written)
    assert not set(escaped) & set("|^~&\r\n\x0b\x1c")


@given(text, text, text)
def test_any_report_text_survives_the_message(result: str, conclusion: str, name: str) -> None:
    letter = replace(LETTER, result=result, conclusion=conclusion, surname=name)

    parsed = sent(letter)

    said = observations(parsed)
    assert said.get("59776-5", "").strip() == lines(result).strip()
    assert said.get("19005-8", "").strip() == lines(conclusion).strip()
    assert hl7v2.unescape(hl7v2.raw(parsed, "PID", 5, 1)) == lines(name)


def test_the_header_says_who_what_and_in_which_characters() -> None:
    parsed = sent()

    assert hl7v2.header(parsed).control_id == LETTER.control_id
    assert hl7v2.raw(parsed, "MSH", 9) == "ORU"
    assert [hl7v2.value(parsed, "MSH", n) for n in (5, 6, 12, 17, 18)] == [
        "RIS",
        "STPALAIS",
        "2.5.1",
        "FRA",
        "UNICODE UTF-8",
    ]


def test_the_patient_is_named_by_the_sites_own_identifier() -> None:
    parsed = sent()

    assert hl7v2.value(parsed, "PID", 3) == "IPP-TEST-1"
    assert hl7v2.value(parsed, "PID", 3, 4) == "STPALAIS"
    assert hl7v2.value(parsed, "PID", 3, 5) == "PI"
    assert hl7v2.value(parsed, "PID", 7) == "19500203"
    assert hl7v2.value(parsed, "PID", 8) == "F"


def test_a_patient_without_a_local_identifier_goes_under_the_platforms() -> None:
    parsed = sent(replace(LETTER, local_id=None))

    assert hl7v2.value(parsed, "PID", 3) == str(LETTER.patient_id)
    assert hl7v2.value(parsed, "PID", 3, 4) == "PLATEAU"


def test_the_exam_its_signer_and_its_study_are_said() -> None:
    parsed = sent()

    assert hl7v2.value(parsed, "OBR", 2) == hl7v2.value(parsed, "OBR", 3) == "26A0000000000001"
    assert hl7v2.value(parsed, "OBR", 4) == "TDM-CRANE"
    assert hl7v2.value(parsed, "OBR", 22) == "20261124010000+0000"
    assert hl7v2.value(parsed, "OBR", 25) == "F"
    assert hl7v2.value(parsed, "OBR", 32, 1, 1) == "10000000001"
    assert hl7v2.value(parsed, "OBR", 32, 1, 2) == "Dr Lecture"
    assert hl7v2.value(parsed, "OBR", 32, 1, 10) == "1.2.250.1.71.4.2.1"
    assert observations(parsed)["113014"] == "2.25.1234"


def test_the_signed_document_travels_whole() -> None:
    last = sent().segments("OBX")[-1]

    assert str(last[2]) == "ED"
    assert base64.b64decode(str(last[5][0][4])) == PDF


def test_an_addendum_says_that_it_corrects_and_why() -> None:
    parsed = sent(replace(LETTER, kind="addendum", follows=True, reason="Relecture."))

    assert hl7v2.value(parsed, "OBR", 25) == "C"
    assert hl7v2.value(parsed, "NTE", 3) == "Relecture."
    assert "55107-7" in observations(parsed)


def test_each_attempt_sends_the_same_bytes() -> None:
    assert oru.build(LETTER, PDF) == oru.build(LETTER, PDF)


@pytest.mark.parametrize("code", ["AA", "AE", "AR"])
def test_a_clear_answer_is_understood(code: str) -> None:
    content = hl7v2.acknowledgement(
        hl7v2.header(sent()),
        Answer(outcome=Outcome(code), detail="simulated | refusal"),
        condition="207",
        at=AT,
        control_id="X1",
    )

    answer = hl7v2.read_answer(content, LETTER.control_id)

    assert answer.outcome == code
    assert "simulated | refusal" in answer.detail


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MSH",
        b"MSH|||||",
        b"\x00\xffthis is no HL7 message",
        b"MSH|^~\\&|RIS|X|P|P|20261124||ACK|1|P|2.5.1\r",
        b"MSH|^~\\&|RIS|X|P|P|20261124||ACK|1|P|2.5.1\rMSA\r",
        b"MSH|^~\\&|RIS|X|P|P|20261124||ACK|1|P|2.5.1\rMSA|OK|ABCDEFGHIJKLMNOPQRST\r",
        b"MSH|^~\\&|RIS|X|P|P|20261124||ACK|1|P|2.5.1\rMSA|AA|ANOTHER\r",
        b"MSH|^~\\&|RIS|X|P|P|20261124||ACK|1|P|2.5.1\rMSA|AA|\r",
        b"MSH|^~\\&|RIS|X|P|P|20261124||ACK|1|P|2.5.1|||||FRA|BIG-5\rMSA|AA|ABCDEFGHIJKLMNOPQRST\r",
        b"MSH|^~\\&|RIS|\xe9|P|P|20261124||ACK|1|P|2.5.1\rMSA|AA|ABCDEFGHIJKLMNOPQRST\r",
    ],
)
def test_malformed_hl7_answer_is_never_taken_for_an_acknowledgement(content: bytes) -> None:
    assert hl7v2.read_answer(content, LETTER.control_id).outcome is Outcome.MALFORMED


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    assert hl7v2.read_answer(content, "1").outcome is Outcome.MALFORMED


@given(st.binary(max_size=200))
def test_any_body_after_a_good_header_is_read_or_refused(content: bytes) -> None:
    head = b"MSH|^~\\&|RIS|X|P|P|20261124||ADT^A04|1|P|2.5.1\r"
    try:
        parsed = hl7v2.parse(head + content)
        hl7v2.identity(parsed, frozenset({"X"}))
    except InvalidInputError:
        return


ADT = (
    "MSH|^~\\&|GAM|STPALAIS|PLATEAU|PLATEAU|20261124||ADT^A04^ADT_A01|7|P|2.5.1|||||FRA|8859/1\r"
    "PID|1||9999^^^OTHER^PI~2991234567890^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS"
    "~IPP\\S\\1^^^STPALAIS^PI||D\\T\\UPONT-FICTIF^Ély^^^^^L||19801231|O\r"
)


def test_an_identity_is_read_under_the_senders_own_identifier() -> None:
    parsed = hl7v2.parse(ADT.encode("latin-1"))

    found = hl7v2.identity(parsed, frozenset({"STPALAIS"}))

    assert (found.local_id, found.surname, found.first_name) == ("IPP^1", "D&UPONT-FICTIF", "Ély")
    assert (found.birth_on, found.sex) == (date(1980, 12, 31), "U")


@pytest.mark.parametrize(
    ("good", "bad", "field"),
    [("STPALAIS^PI|", "DAX^PI|", "PID-3"), ("19801231", "31/12/80", "PID-7"), ("^Ély", "", "5.2")],
)
def test_an_identity_that_lacks_something_says_what(good: str, bad: str, field: str) -> None:
    parsed = hl7v2.parse(ADT.replace(good, bad).encode("latin-1"))

    with pytest.raises(InvalidInputError, match=field):
        hl7v2.identity(parsed, frozenset({"STPALAIS"}))
