"""Figures against a naive computation."""

import math
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.activity import rules
from plateau.activity.types import Delay, Entry, Tally
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import ExamId, PersonId

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
spans = st.integers(-3600, 10**6).map(lambda s: timedelta(seconds=s))
targets = st.sampled_from([None, timedelta(minutes=30), timedelta(hours=1)])
urgencies = st.sampled_from(["U0", "U1", "U2", "U3"])
delays = st.lists(st.builds(Delay, urgencies, spans, targets))
tallies = st.dictionaries(
    st.tuples(st.integers(1, 5), st.sampled_from("ABCD")), st.integers(1, 1000)
)


@given(st.lists(spans, min_size=1), st.integers(1, 100))
def test_a_percentile_is_what_numpy_says_by_nearest_rank(
    observed: list[timedelta], percent: int
) -> None:
    seconds = [span.total_seconds() for span in observed]

    found = rules.percentile(observed, percent).total_seconds()

    assert found == sorted(seconds)[math.ceil(percent * len(seconds) / 100) - 1]
    if percent in {25, 50, 75, 100}:  # exact in binary: numpy works with floats
        assert found == numpy.percentile(seconds, percent, method="inverted_cdf")


@given(st.lists(spans, min_size=1), st.integers(1, 100))
def test_a_percentile_was_observed_and_covers_its_share(
    observed: list[timedelta], percent: int
) -> None:
    found = rules.percentile(observed, percent)

    assert found in observed
    assert sum(span <= found for span in observed) * 100 >= percent * len(observed)
    assert sum(span < found for span in observed) * 100 < percent * len(observed)


@given(delays)
def test_summaries_count_every_reading_once_and_judge_by_its_own_target(
    observed: list[Delay],
) -> None:
    found = rules.summaries(observed)

    assert [one.urgency for one in found] == sorted({delay.urgency for delay in observed})
    assert sum(one.readings for one in found) == len(observed)
    late = [d for d in observed if d.target is not None and d.turnaround > d.target]
    assert sum(one.judged - one.on_time for one in found) == len(late)
    assert all(one.p50 <= one.p90 for one in found)


@given(tallies)
def test_a_table_adds_up_both_ways(counted: dict[tuple[int, str], int]) -> None:
    rows = [
        Tally(PersonId(UUID(int=reader)), f"Dr {reader}", member, readings)
        for (reader, member), readings in counted.items()
    ]

    table = rules.table(rows)

    assert table.total == sum(counted.values()) == sum(row.total for row in table.rows)
    for row in table.rows:
        for member, readings in zip(table.members, row.counts, strict=True):
            assert readings == counted.get((int(row.reader_name[3:]), member), 0)
    assert [row.total for row in table.rows] == sorted((r.total for r in table.rows), reverse=True)


def test_two_readers_of_one_name_stay_two_rows() -> None:
    rows = [
        Tally(PersonId(uuid4()), "Dr Untel", "A", 1),
        Tally(PersonId(uuid4()), "Dr Untel", "A", 2),
    ]

    assert [row.total for row in rules.table(rows).rows] == [2, 1]


def test_the_period_is_the_last_day_unless_said_otherwise() -> None:
    assert rules.period(None, None, now=NOW).start == NOW - timedelta(days=1)
    with pytest.raises(InvalidInputError):
        rules.period(NOW, NOW, now=NOW)
    with pytest.raises(InvalidInputError):
        rules.period(NOW - timedelta(days=4000), None, now=NOW)


def test_the_spreadsheet_runs_no_formula() -> None:
    entry = Entry(
        entry_id=1,
        kind="reading",
        exam_id=ExamId(UUID(int=1)),
        exam_code="TDM-CRANE",
        modality="CT",
        urgency="U0",
        site_code="TEST",
        member_code="CHT",
        reader_name='=cmd|"x";y',
        line_code=None,
        duty_on=None,
        complete_at=NOW,
        signed_at=NOW + timedelta(minutes=12),
        counted_at=NOW,
    )

    head, line, _ = rules.as_csv([entry]).split("\r\n")

    assert head.startswith("entry;kind;exam;")
    assert '"\'=cmd|""x"";y"' in line
    assert line.endswith(";720")
