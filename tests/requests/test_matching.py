from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import ExamId
from plateau.requests.lines import ScheduledExam
from plateau.requests.rules import matching
from plateau.requests.rules.matching import Keys

EXAM = ScheduledExam(
    exam_id=ExamId(UUID(int=1)),
    state="planned",
    urgency="U0",
    accession_number="PL0000000001",
    study_uid="2.25.1",
    protocol="Sans injection",
    planned_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC),  # 00:30 the next day in Paris
    time_zone="Europe/Paris",
    ae_title="CT_TEST",
    modality="CT",
    device_name="Scanner",
    exam_code="TDM-CRANE",
    exam_name="Scanner du crâne",
    site_name="Hôpital TEST",
    site_code="TEST",
    local_id="IPP-1",
    surname="TÊTINVENTÉE",
    first_name="Zoé",
    birth_on=date(1950, 2, 3),
    sex="F",
    requester_name="Dr Urgence",
    aim="Hémorragie ?",
    risks="Aucun",
    pregnancy="no",
    allergy="no",
    renal="normal",
    implant="no",
)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("Modality", "CT", True),
        ("Modality", "MR", False),
        ("Modality", "", True),
        ("ScheduledStationAETitle", "CT_TEST", True),
        ("ScheduledStationAETitle", "ct_test", False),
        ("ScheduledStationAETitle", "*", True),
        ("PatientName", "TETINVENTEE^ZOE", True),
        ("PatientName", "tet*", True),
        ("PatientName", "T?TINVENT?E*", True),
        ("PatientName", "AUTRE*", False),
        ("PatientName", "[a-z]*", False),
        ("PatientID", "IPP-1", True),
        ("PatientID", "IPP", False),
        ("AccessionNumber", "PL0000000001", True),
        ("StudyInstanceUID", "2.25.7\\2.25.1", True),
        ("ScheduledProcedureStepStartDate", "20261124", True),
        ("ScheduledProcedureStepStartDate", "20261123", False),
        ("ScheduledProcedureStepStartDate", "20261123-20261125", True),
        ("ScheduledProcedureStepStartDate", "-20261123", False),
        ("ScheduledProcedureStepStartDate", "20261124-", True),
        ("ScheduledProcedureStepStartTime", "0030", True),
        ("ScheduledProcedureStepStartTime", "000000-010000", True),
        ("ScheduledProcedureStepStartTime", "0100-", False),
    ],
)
def test_a_key_matches_as_the_standard_says(key: str, value: str, found: bool) -> None:
    assert matching.matching([EXAM], Keys(keys={key: value})) == ([EXAM] if found else [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ScheduledProcedureStepStartDate", "demain"),
        ("ScheduledProcedureStepStartDate", "20261340"),
        ("ScheduledProcedureStepStartTime", "9999"),
    ],
)
def test_a_key_that_is_not_a_date_or_time_is_refused(key: str, value: str) -> None:
    with pytest.raises(InvalidInputError):
        matching.matching([EXAM], Keys(keys={key: value}))


@given(st.text(alphabet="ABé*?", max_size=30), st.text(alphabet="ABé", max_size=30))
def test_more_wildcards_never_match_less(wanted: str, value: str) -> None:
    if matching.text_matches(wanted, value, is_name=True):
        assert matching.text_matches(f"*{wanted}*", value, is_name=True)


@given(st.times(), st.times(), st.times())
def test_a_time_range_holds_what_lies_between(first: time, last: time, clock: time) -> None:
    low, high, clock = (t.replace(microsecond=0, tzinfo=None) for t in (first, last, clock))
    inside = low <= clock <= high

    assert matching.time_matches(f"{low:%H%M%S}-{high:%H%M%S}", clock) is inside


def test_a_long_name_with_many_wildcards_is_matched_quickly() -> None:
    exam = replace(EXAM, surname="A" * 60)

    assert matching.matching([exam], Keys(keys={"PatientName": "*A" * 30 + "B"})) == []
