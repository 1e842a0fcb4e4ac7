"""How requests and exams change: two coupled machines, as data.

An answered question brings the request back among those that wait, for whoever is then on duty.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from plateau.kernel.errors import RuleBrokenError
from plateau.requests.types import ExamEvent, ExamState, RequestEvent, RequestState, Transition


class Guard(Enum):
    """What must hold for a change to be allowed."""

    NONE = auto()
    NINE_ITEMS = auto()
    ON_DUTY = auto()
    ON_DUTY_WITH_PROTOCOL = auto()
    ON_DUTY_WITH_REASON = auto()
    ON_DUTY_NOT_STARTED = auto()
    ON_DUTY_WITH_OTHER_EXAM = auto()
    REASON = auto()
    REASON_NO_EXAM = auto()
    NOT_STARTED = auto()
    PLANNED = auto()
    ALLOWED = auto()


class Effect(Enum):
    """What else becomes true with a change."""

    PLAN_EXAM = auto()
    CANCEL_EXAM = auto()
    CALL_READER = auto()  # those on duty have something to decide
    TELL_REQUESTER = auto()
    OPEN_READING = auto()  # the exam can be read
    RECORD_DECISION = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at."""

    missing: int = 0  # items of the request left unanswered
    on_duty: bool = False  # the person is a reader on duty for the site, privileged there
    reason: str = ""
    protocol: str = ""
    exam: ExamState | None = None  # of the request's exam, if it has one
    allowed: bool = False  # the request was accepted, or its acceptance overridden


@dataclass(frozen=True, slots=True)
class RequestMove:
    """In this state, this event under this guard leads to the next state."""

    state: RequestState | None
    event: RequestEvent
    guard: Guard
    next: RequestState
    effects: frozenset[Effect] = frozenset()


@dataclass(frozen=True, slots=True)
class ExamMove:
    """In this state, this event under this guard leads to the next state."""

    state: ExamState | None
    event: ExamEvent
    guard: Guard
    next: ExamState
    effects: frozenset[Effect] = frozenset()


_R, _E, _S, _X = RequestState, RequestEvent, ExamState, ExamEvent
_WAITING = (_R.SUBMITTED, _R.TRIAGED, _R.INFORMATION_ASKED)
_DECIDED_FROM = (_R.TRIAGED, _R.INFORMATION_ASKED)
_GRANTED = (_R.ACCEPTED, _R.SUBSTITUTED, _R.SCHEDULED)
_BEFORE_IMAGES = (_S.PLANNED, _S.ARRIVED, _S.IN_PROGRESS)
_CALL = frozenset({Effect.CALL_READER})
_TELL = frozenset({Effect.TELL_REQUESTER})
_DECIDE = frozenset({Effect.RECORD_DECISION, Effect.TELL_REQUESTER})
_PLAN = frozenset({Effect.PLAN_EXAM})
_CALL_OFF = frozenset({Effect.CANCEL_EXAM})
_READ = frozenset({Effect.OPEN_READING})

REQUEST_MOVES: tuple[RequestMove, ...] = (
    RequestMove(None, _E.SUBMIT, Guard.NINE_ITEMS, _R.SUBMITTED, _CALL),
    RequestMove(_R.DRAFT, _E.SUBMIT, Guard.NINE_ITEMS, _R.SUBMITTED, _CALL),
    RequestMove(_R.SUBMITTED, _E.TRIAGE, Guard.ON_DUTY, _R.TRIAGED),
    RequestMove(_R.INFORMATION_ASKED, _E.ANSWER, Guard.REASON, _R.SUBMITTED, _CALL),
    *(
        move
        for s in _DECIDED_FROM
        for move in (
            RequestMove(s, _E.ASK, Guard.ON_DUTY_WITH_REASON, _R.INFORMATION_ASKED, _TELL),
            RequestMove(s, _E.ACCEPT, Guard.ON_DUTY_WITH_PROTOCOL, _R.ACCEPTED, _DECIDE | _PLAN),
            RequestMove(
                s, _E.SUBSTITUTE, Guard.ON_DUTY_WITH_OTHER_EXAM, _R.SUBSTITUTED, _DECIDE | _PLAN
            ),
            RequestMove(s, _E.REFUSE, Guard.ON_DUTY_NOT_STARTED, _R.REFUSED, _DECIDE | _CALL_OFF),
        )
    ),
    *(RequestMove(s, _E.OVERRIDE, Guard.REASON_NO_EXAM, s, _PLAN) for s in _WAITING),
    *(RequestMove(s, _E.SCHEDULE, Guard.PLANNED, _R.SCHEDULED, _TELL) for s in _GRANTED),
    RequestMove(_R.DRAFT, _E.CANCEL, Guard.NONE, _R.CANCELLED),
    *(
        RequestMove(s, _E.CANCEL, Guard.NOT_STARTED, _R.CANCELLED, _CALL_OFF)
        for s in (*_WAITING, *_GRANTED)
    ),
)
EXAM_MOVES: tuple[ExamMove, ...] = (
    ExamMove(None, _X.PLAN, Guard.ALLOWED, _S.PLANNED),
    ExamMove(_S.PLANNED, _X.ARRIVE, Guard.NONE, _S.ARRIVED),
    *(ExamMove(s, _X.START, Guard.NONE, _S.IN_PROGRESS) for s in (_S.PLANNED, _S.ARRIVED)),
    *(ExamMove(s, _X.DISCONTINUE, Guard.NONE, _S.ARRIVED) for s in _BEFORE_IMAGES),
    *(ExamMove(s, _X.ACQUIRE, Guard.NONE, _S.ACQUIRED) for s in _BEFORE_IMAGES),
    ExamMove(_S.ACQUIRED, _X.TRANSFER, Guard.NONE, _S.TRANSFERRING),
    *(
        ExamMove(s, _X.COMPLETE, Guard.NONE, _S.COMPLETE, _READ)
        for s in (*_BEFORE_IMAGES, _S.ACQUIRED, _S.TRANSFERRING, _S.RECALLED, _S.REJECTED)
    ),
    *(ExamMove(s, _X.RECALL, Guard.REASON, _S.RECALLED) for s in (_S.COMPLETE, _S.REJECTED)),
    *(
        ExamMove(s, _X.REJECT, Guard.REASON, _S.REJECTED)
        for s in (_S.TRANSFERRING, _S.COMPLETE, _S.RECALLED)
    ),
    *(ExamMove(s, _X.CANCEL, Guard.NONE, _S.CANCELLED) for s in (_S.PLANNED, _S.ARRIVED)),
)
DECISIONS = frozenset({_E.ASK, _E.ACCEPT, _E.SUBSTITUTE, _E.REFUSE})
PLANS_EXAM = frozenset(move.event for move in REQUEST_MOVES if Effect.PLAN_EXAM in move.effects)
GRANTED = frozenset(_GRANTED)  # states in which the exam may be acquired, read and signed
STARTED = frozenset(
    {_S.IN_PROGRESS, _S.ACQUIRED, _S.TRANSFERRING, _S.RECALLED, _S.COMPLETE, _S.REJECTED}
)

_REQUEST = {(move.state, move.event): move for move in REQUEST_MOVES}
_EXAM = {(move.state, move.event): move for move in EXAM_MOVES}
_Check = tuple[Callable[[Facts], bool], Callable[[], RuleBrokenError]]
_ON_DUTY: _Check = (
    lambda facts: facts.on_duty,
    lambda: RuleBrokenError("only a reader on duty for this site decides"),
)
_REASON: _Check = (
    lambda facts: bool(facts.reason.strip()),
    lambda: RuleBrokenError("write a reason: it is kept with the request"),
)
_PROTOCOL: _Check = (
    lambda facts: bool(facts.protocol.strip()),
    lambda: RuleBrokenError("accept with a protocol: the technologist follows it"),
)
_NOT_STARTED: _Check = (
    lambda facts: facts.exam not in STARTED,
    lambda: RuleBrokenError("the exam has begun: its images exist and must be read"),
)
_CHECKS: Mapping[Guard, tuple[_Check, ...]] = {
    Guard.NONE: (),
    Guard.NINE_ITEMS: (
        (
            lambda facts: facts.missing == 0,
            lambda: RuleBrokenError("the request lacks some of its nine minimum items"),
        ),
    ),
    Guard.ON_DUTY: (_ON_DUTY,),
    Guard.ON_DUTY_WITH_PROTOCOL: (_ON_DUTY, _PROTOCOL),
    Guard.ON_DUTY_WITH_REASON: (_ON_DUTY, _REASON),
    Guard.ON_DUTY_NOT_STARTED: (_ON_DUTY, _REASON, _NOT_STARTED),
    Guard.ON_DUTY_WITH_OTHER_EXAM: (_ON_DUTY, _REASON, _PROTOCOL, _NOT_STARTED),
    Guard.REASON: (_REASON,),
    Guard.REASON_NO_EXAM: (
        _REASON,
        (
            lambda facts: facts.exam is None,
            lambda: RuleBrokenError("this exam may already be acquired before acceptance"),
        ),
    ),
    Guard.NOT_STARTED: (_NOT_STARTED,),
    Guard.PLANNED: (
        (
            lambda facts: facts.exam is ExamState.PLANNED,
            lambda: RuleBrokenError("only an exam that waits for its patient gets another hour"),
        ),
    ),
    Guard.ALLOWED: (
        (
            lambda facts: facts.allowed,
            lambda: RuleBrokenError("no exam without acceptance, or a vital-risk override"),
        ),
    ),
}


def next_request(state: RequestState | None, event: RequestEvent, facts: Facts) -> RequestState:
    """The state after `event`; RuleBrokenError says why it cannot happen."""
    move = _REQUEST.get((state, event))
    if move is None:
        raise RuleBrokenError("this request is no longer open to that: see where it stands now")
    _check(move.guard, facts)
    return move.next


def next_exam(state: ExamState | None, event: ExamEvent, facts: Facts) -> ExamState:
    """The state after `event`; RuleBrokenError says why it cannot happen."""
    move = _EXAM.get((state, event))
    if move is None:
        raise RuleBrokenError("this exam is no longer open to that: see where it stands now")
    _check(move.guard, facts)
    return move.next


def effects(state: RequestState, event: RequestEvent) -> frozenset[Effect]:
    """What else becomes true when `event` happens in `state`."""
    return _REQUEST[state, event].effects


def is_open_to(state: RequestState, event: RequestEvent, *, exam: ExamState | None) -> bool:
    """Whether somebody allowed to, with the words it needs, could do that now.

    Whoever decides opens the request first: what waits to be opened is open to a decision.
    """
    if state is RequestState.SUBMITTED and event in DECISIONS:
        state = RequestState.TRIAGED
    able = Facts(on_duty=True, reason="-", protocol="-", exam=exam, allowed=True)
    try:
        next_request(state, event, able)
    except RuleBrokenError:
        return False
    return True


def heard(state: ExamState, event: ExamEvent) -> ExamState | None:
    """The state after what a machine says; None when it is old news.

    Machines repeat themselves and their messages overtake each other: whatever would bring an exam
    back, or nowhere, is old news.
    """
    move = _EXAM.get((state, event))
    return move.next if move else None


def replay_request(transitions: Iterable[Transition]) -> RequestState | None:
    """The state that the log of a request leads to; ValueError when the log has a gap."""
    state: RequestState | None = None
    for row in transitions:
        move = _REQUEST.get((state, RequestEvent(row.event)))
        if move is None or (row.from_state, row.to_state) != (state, move.next):
            raise ValueError(f"{row.event} cannot follow {state}")
        state = move.next
    return state


def replay_exam(transitions: Iterable[Transition]) -> ExamState | None:
    """The state that the log of an exam leads to; ValueError when the log has a gap."""
    state: ExamState | None = None
    for row in transitions:
        move = _EXAM.get((state, ExamEvent(row.event)))
        if move is None or (row.from_state, row.to_state) != (state, move.next):
            raise ValueError(f"{row.event} cannot follow {state}")
        state = move.next
    return state


def _check(guard: Guard, facts: Facts) -> None:
    for holds, refusal in _CHECKS[guard]:
        if not holds(facts):
            raise refusal()
