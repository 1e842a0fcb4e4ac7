import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.errors import RuleBrokenError
from plateau.requests.rules import lifecycle
from plateau.requests.rules.lifecycle import (
    DECISIONS,
    EXAM_MOVES,
    PLANS_EXAM,
    REQUEST_MOVES,
    STARTED,
    Effect,
    Facts,
)
from plateau.requests.types import ExamEvent, ExamState, RequestEvent, RequestState

GOOD = Facts(on_duty=True, reason="Motif écrit", protocol="Sans injection", allowed=True)
WAITS = Facts(on_duty=True, reason="Motif écrit", exam=ExamState.PLANNED)
END = {RequestState.REFUSED, RequestState.CANCELLED}


def test_each_state_and_event_has_one_next_state() -> None:
    requests = [(move.state, move.event) for move in REQUEST_MOVES]
    exams = [(move.state, move.event) for move in EXAM_MOVES]

    assert len(set(requests)) == len(requests)
    assert len(set(exams)) == len(exams)


def test_every_state_is_reached_and_every_event_used() -> None:
    assert {move.next for move in REQUEST_MOVES} == set(RequestState) - {RequestState.DRAFT}
    assert {move.event for move in REQUEST_MOVES} == set(RequestEvent)
    assert {move.next for move in EXAM_MOVES} == set(ExamState)
    assert {move.event for move in EXAM_MOVES} == set(ExamEvent)


@pytest.mark.parametrize("state", [None, *RequestState])
@pytest.mark.parametrize("event", RequestEvent)
def test_what_the_table_lacks_is_refused(state: RequestState | None, event: RequestEvent) -> None:
    known = {(move.state, move.event): move.next for move in REQUEST_MOVES}
    if (state, event) in known:
        held = WAITS if event is RequestEvent.SCHEDULE else GOOD
        assert lifecycle.next_request(state, event, held) == known[state, event]
    else:
        with pytest.raises(RuleBrokenError):
            lifecycle.next_request(state, event, GOOD)


@pytest.mark.parametrize(
    ("event", "facts", "words"),
    [
        (RequestEvent.ACCEPT, Facts(protocol="Sans injection"), "on duty"),
        (RequestEvent.ACCEPT, Facts(on_duty=True, protocol=" "), "protocol"),
        (RequestEvent.REFUSE, Facts(on_duty=True, reason=" "), "reason"),
        (RequestEvent.ASK, Facts(on_duty=True), "reason"),
        (RequestEvent.SUBSTITUTE, Facts(on_duty=True, reason="Moins irradiant"), "protocol"),
        (RequestEvent.OVERRIDE, Facts(reason=""), "reason"),
        (RequestEvent.OVERRIDE, Facts(reason="Vital", exam=ExamState.PLANNED), "already"),
        (
            RequestEvent.REFUSE,
            Facts(on_duty=True, reason="Inutile", exam=ExamState.IN_PROGRESS),
            "images",
        ),
        (RequestEvent.CANCEL, Facts(exam=ExamState.ACQUIRED), "images"),
    ],
)
def test_each_guard_says_why_it_refuses(event: RequestEvent, facts: Facts, words: str) -> None:
    with pytest.raises(RuleBrokenError, match=words):
        lifecycle.next_request(RequestState.TRIAGED, event, facts)


def test_a_request_with_missing_items_is_not_submitted() -> None:
    with pytest.raises(RuleBrokenError, match="nine minimum items"):
        lifecycle.next_request(None, RequestEvent.SUBMIT, Facts(missing=1))


facts = st.builds(
    Facts,
    missing=st.integers(0, 2),
    on_duty=st.booleans(),
    reason=st.sampled_from(["", "Motif"]),
    protocol=st.sampled_from(["", "Protocole"]),
)


@given(st.lists(st.tuples(st.sampled_from(RequestEvent), facts), max_size=12))
def test_no_exam_without_acceptance_or_override(walk: list[tuple[RequestEvent, Facts]]) -> None:
    state: RequestState | None = None
    happened: set[RequestEvent] = set()
    for event, held in walk:
        try:
            state = lifecycle.next_request(state, event, held)
        except RuleBrokenError:
            continue
        happened.add(event)
        if state in (RequestState.ACCEPTED, RequestState.SUBSTITUTED):
            assert happened & PLANS_EXAM
            assert held.on_duty
            assert held.protocol
    with pytest.raises(RuleBrokenError, match="no exam without acceptance"):
        lifecycle.next_exam(None, ExamEvent.PLAN, Facts(allowed=False))


BY_PEOPLE = {ExamEvent.PLAN, ExamEvent.RECALL, ExamEvent.REJECT}


@given(st.lists(st.sampled_from([event for event in ExamEvent if event not in BY_PEOPLE])))
def test_what_machines_say_never_takes_images_back(events: list[ExamEvent]) -> None:
    """Repeated, late or in another order: once begun, an exam is neither cancelled nor planned."""
    order = list(ExamState)
    state = ExamState.PLANNED
    for event in events:
        after = lifecycle.heard(state, event)
        if after is None:
            continue
        if state in STARTED:
            assert after is not ExamState.CANCELLED
        if event is not ExamEvent.DISCONTINUE:
            assert order.index(after) > order.index(state)
        assert state is not ExamState.COMPLETE
        state = after


@given(st.permutations([ExamEvent.START, ExamEvent.ACQUIRE, ExamEvent.COMPLETE]))
def test_any_order_of_messages_ends_complete(events: list[ExamEvent]) -> None:
    state = ExamState.PLANNED
    for event in events:
        state = lifecycle.heard(state, event) or state

    assert state is ExamState.COMPLETE


@pytest.mark.parametrize("event", sorted(DECISIONS))
def test_a_request_is_opened_before_it_is_decided(event: RequestEvent) -> None:
    with pytest.raises(RuleBrokenError, match="no longer open"):
        lifecycle.next_request(RequestState.SUBMITTED, event, GOOD)
    assert lifecycle.is_open_to(RequestState.SUBMITTED, event, exam=None)
    with pytest.raises(RuleBrokenError, match="on duty"):
        lifecycle.next_request(RequestState.SUBMITTED, RequestEvent.TRIAGE, Facts())


@given(st.lists(st.tuples(st.sampled_from(ExamEvent), facts), max_size=14))
def test_images_asked_for_again_lead_back_to_a_complete_exam(
    walk: list[tuple[ExamEvent, Facts]],
) -> None:
    state = ExamState.COMPLETE
    for event, held in walk:
        try:
            state = lifecycle.next_exam(state, event, held)
        except RuleBrokenError:
            continue
        assert state in STARTED
    assert lifecycle.heard(state, ExamEvent.COMPLETE) in (ExamState.COMPLETE, None)


@pytest.mark.parametrize("state", [None, ExamState.ARRIVED, ExamState.COMPLETE])
def test_only_an_exam_that_waits_for_its_patient_gets_an_hour(state: ExamState | None) -> None:
    with pytest.raises(RuleBrokenError, match="another hour"):
        lifecycle.next_request(RequestState.ACCEPTED, RequestEvent.SCHEDULE, Facts(exam=state))
    after = lifecycle.next_request(RequestState.ACCEPTED, RequestEvent.SCHEDULE, WAITS)
    assert lifecycle.next_request(after, RequestEvent.SCHEDULE, WAITS) is RequestState.SCHEDULED


def test_whoever_decides_tells_and_only_acceptance_plans() -> None:
    for move in REQUEST_MOVES:
        if move.event in DECISIONS:
            assert Effect.TELL_REQUESTER in move.effects
        assert (Effect.PLAN_EXAM in move.effects) == (move.event in PLANS_EXAM)
    assert {RequestEvent.ACCEPT, RequestEvent.SUBSTITUTE, RequestEvent.OVERRIDE} == PLANS_EXAM


@pytest.mark.parametrize("state", sorted(END))
def test_the_end_is_the_end(state: RequestState) -> None:
    assert not [move for move in REQUEST_MOVES if move.state == state]
