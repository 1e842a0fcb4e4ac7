"""Who may be asked for an opinion, and what is said of whom: properties."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.errors import PlateauError
from plateau.kernel.ids import ExamId, PersonId
from plateau.reading.opinion import rules
from plateau.reading.opinion.rules import Facts
from plateau.reading.opinion.types import Question, State, Step

ASKER, ASKED = PersonId(UUID(int=1)), PersonId(UUID(int=2))
QUESTION = Question(
    exam_id=ExamId(UUID(int=3)),
    to_person=ASKED,
    to_specialty="",
    text="Nodule ou vaisseau ?",
    anonymised=True,
    within_hours=48,
)
facts = st.builds(
    Facts,
    actor=st.sampled_from([ASKER, ASKED]),
    asker=st.just(ASKER),
    is_asked=st.booleans(),
    reads_there=st.booleans(),
    text=st.sampled_from(["", "  ", "Un vaisseau."]),
)
names = st.text(alphabet=st.characters(categories=["L"]), min_size=2, max_size=12)


@given(st.sampled_from([None, *State]), st.sampled_from(Step), facts)
def test_only_those_concerned_change_an_opinion(
    state: State | None, step: Step, known: Facts
) -> None:
    try:
        reached = rules.after(state, step, known)
    except PlateauError:
        return
    assert known.text.strip()
    if reached in {State.ANSWERED, State.DECLINED}:
        assert known.is_asked
        assert known.actor != known.asker
    if reached == State.ATTACHED:
        assert known.reads_there
        assert state == State.ANSWERED
    if reached == State.WITHDRAWN:
        assert known.actor == known.asker


@pytest.mark.parametrize(
    ("question", "at_site", "count"),
    [
        (QUESTION, False, 0),
        (replace(QUESTION, anonymised=False), True, 0),
        (replace(QUESTION, anonymised=False), False, 1),
        (replace(QUESTION, to_specialty="radiologie"), True, 1),
        (replace(QUESTION, to_person=None), True, 1),
        (replace(QUESTION, to_person=None, to_specialty="radiologie"), False, 0),
        (replace(QUESTION, to_person=ASKER), True, 1),
        (replace(QUESTION, text=" ", within_hours=0), True, 2),
        (replace(QUESTION, within_hours=24 * 91), True, 1),
    ],
)
def test_what_is_wrong_with_a_question(question: Question, at_site: bool, count: int) -> None:
    assert len(rules.problems(question, asker=ASKER, at_site=at_site)) == count


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mme DUPONT-LÉGER, 70 ans", True),
        ("mme dupont leger", True),
        ("Léger épanchement", False),
        ("Un nodule", False),
        ("Éléonore a mal", True),
    ],
)
def test_a_name_is_found_whatever_its_accents(text: str, found: bool) -> None:
    assert rules.names_in(text, ["DUPONT-LÉGER", "Eléonore"]) == found


@given(names, st.text(max_size=30), st.text(max_size=30))
def test_a_name_between_other_words_is_found(name: str, before: str, after: str) -> None:
    assert rules.names_in(f"{before} {name} {after}", [name]) or not rules.names_in(name, [name])


@pytest.mark.parametrize(
    ("at", "age"), [((2026, 3, 1), 77), ((2026, 3, 2), 78), ((2026, 12, 31), 78)]
)
def test_an_age_is_in_whole_years(at: tuple[int, int, int], age: int) -> None:
    assert rules.age_on(date(1948, 3, 2), datetime(*at, tzinfo=UTC)) == age
