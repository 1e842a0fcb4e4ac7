"""What is hidden, how far texts are apart, and when a program is stopped."""

from itertools import product
from math import comb
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.ids import ExamId
from plateau.reading.assistant import rules
from plateau.reading.assistant.types import Decision, Limit, Outcome, Reason
from plateau.reading.types import Sections

LIMIT = Limit(usual_permille=50, limit_permille=200, quiet_for=1000)
words = st.lists(st.sampled_from(["foie", "rate", "sans", "lésion", "droit"]), max_size=12)
judged = st.lists(st.booleans(), max_size=80)
limits = st.builds(
    lambda usual, more, quiet: Limit(
        usual_permille=usual, limit_permille=usual + more, quiet_for=quiet
    ),
    st.integers(1, 400),
    st.integers(1, 500),
    st.integers(100, 5000),
)
EMPTY = Sections(indication="", technique="Sans injection.", result="RAS", conclusion="Normal.")


@given(words, words, words)
def test_distance_is_a_distance(one: list[str], two: list[str], three: list[str]) -> None:
    assert rules.distance(one, one) == 0
    assert rules.distance(one, two) == rules.distance(two, one)
    assert (rules.distance(one, two) == 0) == (one == two)
    assert rules.distance(one, three) <= rules.distance(one, two) + rules.distance(two, three)
    assert abs(len(one) - len(two)) <= rules.distance(one, two) <= max(len(one), len(two))


@given(words, words)
def test_the_share_of_changed_words_is_a_share(one: list[str], two: list[str]) -> None:
    assert 0 <= rules.distance_permille(" ".join(one), " ".join(two)) <= 1000


def test_spaces_and_lines_change_nothing() -> None:
    assert (
        rules.distance_permille("Foie normal.\nRate normale.", "Foie  normal. Rate normale.") == 0
    )
    assert rules.distance_permille("pas de lésion", "lésion") == 667


@given(st.uuids(), st.uuids(), st.integers(0, 1000))
def test_what_is_hidden_depends_on_the_secret_alone(salt: UUID, exam: UUID, share: int) -> None:
    hidden = rules.is_blind(salt, ExamId(exam), permille=share)
    assert hidden == rules.is_blind(salt, ExamId(exam), permille=share)
    assert not rules.is_blind(salt, ExamId(exam), permille=0)
    assert rules.is_blind(salt, ExamId(exam), permille=1000)
    if hidden and share < 1000:
        assert rules.is_blind(salt, ExamId(exam), permille=share + 1)


def test_about_the_share_asked_for_is_hidden() -> None:
    salt = UUID(int=7)
    hidden = sum(rules.is_blind(salt, ExamId(UUID(int=n)), permille=100) for n in range(5000))
    assert 430 <= hidden <= 570


@pytest.mark.parametrize(
    ("blind", "decision", "permille", "expected"),
    [
        (True, None, 300, Outcome.BLIND),
        (False, None, 300, Outcome.UNDECIDED),
        (False, Decision.REJECT, 1000, Outcome.REJECTED),
        (False, Decision.ACCEPT, 0, Outcome.ACCEPTED),
        (False, Decision.ACCEPT, 12, Outcome.EDITED),
        (False, Decision.TAKE, 0, Outcome.ACCEPTED),
        (False, Decision.TAKE, 500, Outcome.EDITED),
    ],
)
def test_what_became_of_a_draft(
    blind: bool, decision: Decision | None, permille: int, expected: Outcome
) -> None:
    assert rules.outcome(blind=blind, decision=decision, permille=permille) == expected


def test_who_has_to_compare() -> None:
    assert rules.disagreement(Outcome.ACCEPTED, None) is False
    assert rules.disagreement(Outcome.REJECTED, Reason.MISSED) is True
    assert rules.disagreement(Outcome.REJECTED, Reason.INVENTED) is True
    assert rules.disagreement(Outcome.REJECTED, Reason.WORDING) is False
    for one in (Outcome.EDITED, Outcome.UNDECIDED, Outcome.BLIND):
        assert rules.disagreement(one, None) is None


def test_a_program_that_is_always_wrong_is_stopped_at_once() -> None:
    seen = rules.drift([True] * 100, LIMIT)
    assert seen.is_over
    assert seen.judged == 5  # the fewest with 4 ** n >= 1000


def test_a_program_that_is_never_wrong_goes_on() -> None:
    assert not rules.drift([False] * 10_000, LIMIT).is_over


@given(judged, limits)
def test_one_more_disagreement_never_stops_later(row: list[bool], limit: Limit) -> None:
    before = rules.drift(row, limit)
    for at, one in enumerate(row):
        if not one:
            worse = rules.drift([*row[:at], True, *row[at + 1 :]], limit)
            assert worse.judged <= before.judged
            assert worse.is_over or not before.is_over


@given(judged, limits)
def test_the_sum_is_the_worst_recent_stretch(row: list[bool], limit: Limit) -> None:
    """What is stopped has a stretch, ending now, far likelier at the limit than usually."""
    seen = rules.drift(row, limit)
    if seen.is_over:
        stretch = row[: seen.judged]
        assert any(_ratio(stretch[start:], limit) >= limit.quiet_for * (1 - 1e-9)
                   for start in range(len(stretch)))  # fmt: skip


def _ratio(row: list[bool], limit: Limit) -> float:
    usual, bad = limit.usual_permille / 1000, limit.limit_permille / 1000
    likelier = 1.0
    for one in row:
        likelier *= bad / usual if one else (1 - bad) / (1 - usual)
    return likelier


@pytest.mark.parametrize("usual", [50, 100, 300])
def test_false_alarms_are_as_rare_as_stated(usual: int) -> None:
    """Every row of 12 judgements, with its probability while disagreements are as usual."""
    limit = Limit(usual_permille=usual, limit_permille=usual * 3, quiet_for=100)
    n, share = 12, usual / 1000
    stopped = [
        sum(row) for row in product((False, True), repeat=n) if rules.drift(row, limit).is_over
    ]
    assert stopped
    chance = sum(share**wrong * (1 - share) ** (n - wrong) for wrong in stopped)
    assert chance <= n / limit.quiet_for
    assert len(stopped) <= sum(comb(n, k) for k in range(n + 1))


def test_a_limit_that_cannot_be_tested_is_not_sound() -> None:
    assert rules.limit_is_sound(LIMIT)
    for usual, bad, quiet in ((0, 100, 1000), (100, 100, 1000), (50, 1000, 1000), (50, 100, 1)):
        limit = Limit(usual_permille=usual, limit_permille=bad, quiet_for=quiet)
        assert not rules.limit_is_sound(limit)


@given(st.text(max_size=30), st.text(max_size=30))
def test_taking_a_draft_loses_nothing_that_was_written(result: str, conclusion: str) -> None:
    kept = Sections(indication="I", technique="T", result=result, conclusion=conclusion)
    merged = rules.merged(EMPTY, kept, ("proposé", "conclu"), "notice")
    assert "proposé" in merged.result
    assert "conclu" in merged.conclusion
    assert merged.technique == "T\nnotice"
    for written, starting, now in (
        (result, EMPTY.result, merged.result),
        (conclusion, EMPTY.conclusion, merged.conclusion),
    ):
        assert written == starting or written.rstrip() in now


def test_an_untouched_template_is_replaced() -> None:
    merged = rules.merged(EMPTY, EMPTY, ("proposé", "conclu"), "notice")
    assert (merged.result, merged.conclusion) == ("proposé", "conclu")
    assert rules.is_untouched(EMPTY, EMPTY)
    assert not rules.is_untouched(EMPTY, merged)
