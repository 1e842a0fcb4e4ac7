"""The machine of reports, alone and coupled to those of requests and exams."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.reading.rules import lifecycle
from plateau.reading.rules.lifecycle import MOVES, Effect, Facts, Guard
from plateau.reading.types import State, Step
from plateau.requests.rules import lifecycle as asking
from plateau.requests.types import ExamEvent, ExamState, RequestEvent, RequestState

ONE, TWO = PersonId(UUID(int=1)), PersonId(UUID(int=2))
GOOD = Facts(
    allowed=True,
    complete=True,
    reason="Relecture",
    actor=ONE,
    holder=ONE,
    first_reader=TWO,
    able=True,
    lapsed=True,
    own_signature=True,
    clean=True,
    versions=1,
)
WINDOW = {Step.RECALLED}


def held_for(step: Step) -> Facts:
    return replace(GOOD, in_window=step in WINDOW)


def test_each_state_and_step_has_one_next_state() -> None:
    assert len({(move.state, move.step) for move in MOVES}) == len(MOVES)


def test_every_state_is_reached_and_every_step_used() -> None:
    assert {move.next for move in MOVES} == set(State)
    assert {move.step for move in MOVES} == set(Step)
    assert {move.guard for move in MOVES} == set(Guard)


@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("step", Step)
def test_what_the_table_lacks_is_refused(state: State | None, step: Step) -> None:
    known = {(move.state, move.step): move.next for move in MOVES}
    if (state, step) in known:
        assert lifecycle.after(state, step, held_for(step)) == known[state, step]
    else:
        with pytest.raises(RuleBrokenError):
            lifecycle.after(state, step, held_for(step))


@pytest.mark.parametrize(
    ("state", "step", "facts", "words"),
    [
        (None, Step.OPENED, replace(GOOD, allowed=False), "neither accepted"),
        (None, Step.OPENED, replace(GOOD, complete=False), "images are missing"),
        (State.UNASSIGNED, Step.TAKEN, replace(GOOD, able=False), "may not read"),
        (State.READING, Step.TAKEN_OVER, replace(GOOD, lapsed=False), "still gives signs"),
        (State.READING, Step.RELEASED, replace(GOOD, actor=TWO), "only whoever reads"),
        (State.READING, Step.PRELIMINARY, replace(GOOD, complete=False), "images are missing"),
        (State.SECOND_READ, Step.CONCORDANT, replace(GOOD, actor=TWO), "not the first one"),
        (State.READING, Step.SIGNED, replace(GOOD, actor=TWO), "only whoever reads"),
        (State.READING, Step.SIGNED, replace(GOOD, own_signature=False), "who they are"),
        (State.READING, Step.SIGNED, replace(GOOD, clean=False), "empty"),
        (State.READING, Step.SIGNED, replace(GOOD, second_due=True), "second reader"),
        (State.SIGNED, Step.RECALLED, GOOD, "write an addendum"),
        (State.SIGNED, Step.FINALISED, replace(GOOD, in_window=True), "may still recall"),
        (State.FINAL, Step.ADDENDUM, replace(GOOD, reason=" "), "write a reason"),
        (State.FINAL, Step.RETRACTED, replace(GOOD, versions=0), "nothing is signed"),
        (State.ACKNOWLEDGED, Step.CLOSED, replace(GOOD, open_loops=1), "still waits"),
    ],
)
def test_each_guard_says_why_it_refuses(
    state: State | None, step: Step, facts: Facts, words: str
) -> None:
    with pytest.raises(RuleBrokenError, match=words):
        lifecycle.after(state, step, facts)


def possible(steps: Sequence[Step]) -> tuple[list[Step], list[State]]:
    """The steps that could happen one after the other, and the states they went through."""
    state: State | None = None
    done: list[Step] = []
    states: list[State] = []
    for step in steps:
        try:
            state = lifecycle.after(state, step, held_for(step))
        except RuleBrokenError:
            continue
        done.append(step)
        states.append(state)
    return done, states


@given(st.lists(st.sampled_from(Step), max_size=60))
def test_the_log_rebuilds_the_state(steps: list[Step]) -> None:
    done, states = possible([Step.OPENED, *steps])

    for n, state in enumerate(states):
        assert lifecycle.replay(done[: n + 1]) == state


@given(st.lists(st.sampled_from(Step), max_size=60))
def test_a_report_is_final_once_then_only_followed_until_it_is_retracted(
    steps: list[Step],
) -> None:
    done, states = possible([Step.OPENED, *steps])

    retracted = [n for n, step in enumerate(done) if step is Step.RETRACTED]
    for start, end in pairwise([0, *retracted, len(done)]):
        assert done[start:end].count(Step.FINALISED) <= 1
        if State.FINAL in states[start:end]:
            rest = set(done[states.index(State.FINAL, start) + 1 : end])
            assert rest <= {Step.DELIVERED, Step.ACKNOWLEDGED, Step.CLOSED, Step.ADDENDUM}
    for at in retracted:
        assert Step.FINALISED in done[:at]


def test_a_log_with_a_gap_is_not_replayed() -> None:
    with pytest.raises(ValueError, match="cannot follow"):
        lifecycle.replay([Step.OPENED, Step.SIGNED])


# The three machines together


@dataclass
class Chain:
    """One request, its exam and its report, and what made them what they are."""

    request: RequestState | None = None
    exam: ExamState | None = None
    report: State | None = None
    overridden: bool = False
    reason: str = ""
    holder: PersonId | None = None
    log: list[tuple[Step, Facts]] = field(default_factory=list[tuple[Step, Facts]])

    @property
    def allowed(self) -> bool:
        return self.request in asking.GRANTED or self.overridden

    def ask(self, event: RequestEvent, facts: asking.Facts) -> None:
        facts = replace(facts, exam=self.exam if self.exam is not ExamState.CANCELLED else None)
        after = asking.next_request(self.request, event, facts)
        made = asking.effects(self.request, event) if self.request else frozenset()
        self.request = after
        self.overridden |= event is RequestEvent.OVERRIDE
        if asking.Effect.CANCEL_EXAM in made and self.exam:
            self.exam = asking.next_exam(self.exam, ExamEvent.CANCEL, asking.Facts())

    def make(self, event: ExamEvent, facts: asking.Facts) -> None:
        self.exam = asking.next_exam(self.exam, event, replace(facts, allowed=self.allowed))

    def read(self, step: Step, facts: Facts) -> None:
        known = replace(
            facts,
            allowed=self.allowed,
            complete=self.exam is ExamState.COMPLETE,
            holder=self.holder,
            incomplete_reason=self.reason or (facts.reason if step is Step.OPENED else ""),
        )
        after = lifecycle.after(self.report, step, known)
        made = lifecycle.effects(self.report, step)
        if step is Step.OPENED:
            self.reason = known.incomplete_reason
        if Effect.LEASE in made:
            self.holder = facts.actor
        self.report = after
        self.log.append((step, known))


people = st.sampled_from([None, ONE, TWO])
texts = st.sampled_from(["", "Motif"])
request_facts = st.builds(
    asking.Facts,
    missing=st.sampled_from([0, 0, 1]),
    on_duty=st.booleans(),
    reason=texts,
    protocol=texts,
)
report_facts = st.builds(
    Facts,
    reason=texts,
    actor=people,
    first_reader=people,
    able=st.booleans(),
    lapsed=st.booleans(),
    own_signature=st.booleans(),
    clean=st.booleans(),
    second_due=st.booleans(),
    in_window=st.booleans(),
    open_loops=st.integers(0, 1),
)
deeds = st.one_of(
    st.tuples(st.sampled_from(RequestEvent), request_facts),
    st.tuples(st.sampled_from(ExamEvent), request_facts),
    st.tuples(st.sampled_from(Step), report_facts),
)
# Random walks seldom go far: these deeds, each possibly spoilt, lead from request to report.
_YES = asking.Facts(on_duty=True, reason="Motif", protocol="Sans injection")
ROAD: tuple[tuple[RequestEvent | ExamEvent | Step, asking.Facts | Facts], ...] = (
    (RequestEvent.SUBMIT, _YES),
    (RequestEvent.TRIAGE, _YES),
    (RequestEvent.ACCEPT, _YES),
    (ExamEvent.PLAN, _YES),
    (ExamEvent.COMPLETE, _YES),
    (Step.OPENED, GOOD),
    (Step.TAKEN, GOOD),
    (Step.SIGNED, GOOD),
    (Step.FINALISED, GOOD),
    (Step.ADDENDUM, GOOD),
)


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[object, object]]:
    """The road, each deed of it perhaps left out, and others thrown in between."""
    walk: list[tuple[object, object]] = []
    for deed in ROAD:
        walk += draw(st.lists(deeds, max_size=2))
        if draw(st.integers(0, 9)):
            walk.append(deed)
    return walk + draw(st.lists(deeds, max_size=8))


def walked(walk: Sequence[tuple[object, object]]) -> Chain:
    chain = Chain()
    for what, facts in walk:
        try:
            match what, facts:
                case (RequestEvent(), asking.Facts()):
                    chain.ask(what, facts)
                case (ExamEvent(), asking.Facts()):
                    chain.make(what, facts)
                case (Step(), Facts()):
                    chain.read(what, facts)
                case _:
                    pass
        except RuleBrokenError:
            continue
    return chain


@settings(max_examples=400, deadline=None)
@given(walks())
def test_nothing_is_final_without_acceptance_images_and_the_readers_own_signature(
    walk: list[tuple[object, object]],
) -> None:
    chain = walked(walk)
    steps = [step for step, _ in chain.log]
    if Step.FINALISED not in steps:
        return
    for step, facts in chain.log:
        if step is Step.SIGNED:
            assert facts.allowed
            assert facts.complete or facts.incomplete_reason
            assert facts.own_signature
            assert facts.actor is not None
            assert facts.actor == facts.holder


@settings(max_examples=400, deadline=None)
@given(walks())
def test_there_is_one_final_version_and_the_others_say_what_they_follow(
    walk: list[tuple[object, object]],
) -> None:
    chain = walked(walk)
    state: State | None = None
    versions = 0
    for n, (step, facts) in enumerate(chain.log):
        if Effect.SEAL in lifecycle.effects(state, step):
            assert (versions == 0) == (step is Step.FINALISED)
            assert versions == 0 or facts.reason.strip()
            versions += 1
        state = lifecycle.replay([one for one, _ in chain.log[: n + 1]])
    assert lifecycle.replay([step for step, _ in chain.log]) == chain.report


def test_the_road_leads_to_an_addendum() -> None:
    chain = walked(ROAD)

    assert chain.report is State.FINAL
    assert [step for step, _ in chain.log][-2:] == [Step.FINALISED, Step.ADDENDUM]


def test_an_override_or_a_reason_opens_what_acceptance_and_images_would() -> None:
    road = [deed for deed in ROAD if deed[0] not in (RequestEvent.TRIAGE, RequestEvent.ACCEPT)]
    assert walked(road).report is None
    overridden = [road[0], (RequestEvent.OVERRIDE, _YES), *road[1:]]
    assert walked(overridden).report is State.FINAL
    unfinished = [deed for deed in ROAD if deed[0] is not ExamEvent.COMPLETE]
    assert walked(unfinished).reason == "Relecture"
    assert walked(unfinished).report is State.FINAL
