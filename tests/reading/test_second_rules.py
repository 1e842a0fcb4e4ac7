"""Which exams are read again, by whom, and what a score brings: properties."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT
from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId, VersionId
from plateau.reading.second import rules
from plateau.reading.second.rules import Facts
from plateau.reading.second.types import Count, Rule, Score, Signed, State, Step

DAY = NIGHT.date()
SITE, OTHER_SITE = SiteId(UUID(int=1)), SiteId(UUID(int=2))
FIRST, SECOND, THIRD = (PersonId(UUID(int=n)) for n in (11, 12, 13))
RULE = Rule(
    rule_id=UUID(int=5),
    salt=UUID(int=6),
    site_id=SITE,
    permille=100,
    reader_id=None,
    exam_code=None,
    blind=True,
    within_hours=72,
    valid_from=date(2026, 1, 1),
    valid_to=None,
)
REPORT = Signed(
    exam_id=ExamId(UUID(int=20)),
    version_id=VersionId(UUID(int=21)),
    site_id=SITE,
    patient_id=PatientId(UUID(int=22)),
    exam_code="TDM-CRANE",
    reader_id=FIRST,
    signed_at=NIGHT,
)
uuids = st.uuids()
shares = st.integers(1, 1000)
steps = st.lists(st.sampled_from(Step), max_size=12)
facts = st.builds(
    Facts,
    actor=st.sampled_from([FIRST, SECOND, THIRD]),
    first_reader=st.just(FIRST),
    holder=st.sampled_from([SECOND, THIRD, None]),
    able=st.booleans(),
    blind=st.booleans(),
    late=st.booleans(),
    text=st.booleans(),
    score=st.sampled_from([None, 0, 1, 2, 3, 4, 5]),
    comment=st.sampled_from(["", " ", "un nodule"]),
)


@given(uuids, uuids, shares, shares)
def test_a_larger_share_draws_all_that_a_smaller_one_draws(
    exam: UUID, salt: UUID, one: int, two: int
) -> None:
    report = replace(REPORT, exam_id=ExamId(exam))
    small, large = (replace(RULE, salt=salt, permille=n) for n in sorted((one, two)))
    if rules.drawn_by([small], report, DAY):
        assert rules.drawn_by([large], report, DAY) == large


@given(uuids, uuids)
def test_everything_is_drawn_at_a_thousand(exam: UUID, salt: UUID) -> None:
    report = replace(REPORT, exam_id=ExamId(exam))
    assert rules.drawn_by([replace(RULE, salt=salt, permille=1000)], report, DAY)
    assert 0 <= rules.draw(salt, report.exam_id) < 1


def test_one_in_ten_is_about_one_in_ten() -> None:
    exams = [replace(REPORT, exam_id=ExamId(UUID(int=n))) for n in range(5000)]
    drawn = sum(rules.drawn_by([RULE], one, DAY) is not None for one in exams)
    assert 430 < drawn < 570  # 500 ± 3.3 standard deviations


@pytest.mark.parametrize(
    "other",
    [
        replace(RULE, permille=1000, site_id=OTHER_SITE),
        replace(RULE, permille=1000, reader_id=SECOND),
        replace(RULE, permille=1000, exam_code="IRM-CRANE"),
        replace(RULE, permille=1000, valid_from=DAY + timedelta(days=1)),
        replace(RULE, permille=1000, valid_to=DAY),
    ],
)
def test_a_rule_about_something_else_draws_nothing(other: Rule) -> None:
    assert rules.drawn_by([other], REPORT, DAY) is None


def test_of_two_rules_the_blind_one_counts() -> None:
    blind = replace(RULE, permille=1000)
    told = replace(blind, rule_id=UUID(int=4), blind=False)
    assert rules.drawn_by([told, blind], REPORT, DAY) == blind
    assert rules.drawn_by([blind, told], REPORT, DAY) == blind


@given(st.sampled_from([None, *State]), st.sampled_from(Step), facts)
def test_what_is_allowed_keeps_the_promises(state: State | None, step: Step, known: Facts) -> None:
    try:
        reached = rules.after(state, step, known)
    except RuleBrokenError:
        return
    if step in {Step.TAKEN, Step.TAKEN_OVER}:
        assert known.actor != known.first_reader
        assert known.able
    if reached == State.SCORED:
        assert known.actor == known.holder
        assert known.score in set(Score)
        assert not known.score or known.comment.strip()
        assert state == State.WRITTEN or not known.blind
    if reached == State.SEEN:
        assert known.actor == known.first_reader


@given(steps)
def test_a_blind_reading_shows_the_first_report_only_once_the_second_is_signed(
    taken: list[Step],
) -> None:
    state: State | None = None
    wrote = False
    known = Facts(
        actor=SECOND, first_reader=FIRST, holder=SECOND, able=True, late=True, text=True, score=0
    )
    for step in taken:
        try:
            state = rules.after(state, step, known)
        except RuleBrokenError:
            continue
        wrote |= step == Step.WRITTEN
        assert not rules.shows_first(blind=True, state=state) or wrote


@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), st.integers(0, 4), st.integers(1, 60))))
def test_figures_count_everything_once_and_say_nothing_of_few(
    found: list[tuple[str, int, int]],
) -> None:
    counts = [Count(code, code, code, score, n) for code, score, n in found]
    made = rules.figures(counts)
    assert sum(one.readings for one in made) == sum(n for _, _, n in found)
    for one in made:
        assert one.is_enough == (one.readings >= rules.ENOUGH)
        if one.is_enough:
            assert sum(one.by_score) == one.readings
            assert one.major is not None
            assert one.interval is not None
            assert one.interval[0] <= one.major + 1e-9
            assert one.major <= one.interval[1] + 1e-9
        else:
            assert (one.by_score, one.major, one.interval) == ((), None, None)


@pytest.mark.parametrize("score", Score)
def test_a_recall_from_three_on(score: Score) -> None:
    assert rules.needs_recall(score) == (score >= 3)
