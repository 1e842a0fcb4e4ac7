"""How requests and exams change: two coupled machines, as data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from plateau.kernel.errors import RuleBrokenError
from plateau.requests.types import ExamEvent, ExamState, RequestEvent, RequestState, Transition


class Guard(Enum):
    """What must hold for a change to be allowed."""

    NONE = auto()
    NINE_ITEMS = auto()
    ON_DUTY_WITH_PROTOCOL = auto()
    ON_DUTY_WITH_REASON = auto()
    ON_DUTY_NOT_STARTED = auto()
    ON_DUTY_WITH_OTHER_EXAM = auto()
    REASON = auto()
    REASON_NO_EXAM = auto()
    NOT_STARTED = auto()
    ALLOWED = auto()


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


@dataclass(frozen=True, slots=True)
class ExamMove:
    """In this state, this event under this guard leads to the next state."""

    state: ExamState | None
    event: ExamEvent
    guard: Guard
    next: ExamState


_R, _E, _S, _X = RequestState, RequestEvent, ExamState, ExamEvent
_OPEN = (_R.SUBMITTED, _R.INFORMATION_ASKED)

REQUEST_MOVES: tuple[RequestMove, ...] = (
    RequestMove(None, _E.SUBMIT, Guard.NINE_ITEMS, _R.SUBMITTED),
    RequestMove(_R.DRAFT, _E.SUBMIT, Guard.NINE_ITEMS, _R.SUBMITTED),
    RequestMove(_R.INFORMATION_ASKED, _E.ANSWER, Guard.REASON, _R.SUBMITTED),
    *(RequestMove(s, _E.ASK, Guard.ON_DUTY_WITH_REASON, _R.INFORMATION_ASKED) for s in _OPEN),
    *(RequestMove(s, _E.ACCEPT, Guard.ON_DUTY_WITH_PROTOCOL, _R.ACCEPTED) for s in _OPEN),
    *(RequestMove(s, _E.SUBSTITUTE, Guard.ON_DUTY_WITH_OTHER_EXAM, _R.SUBSTITUTED) for s in _OPEN),
    *(RequestMove(s, _E.REFUSE, Guard.ON_DUTY_NOT_STARTED, _R.REFUSED) for s in _OPEN),
    *(RequestMove(s, _E.OVERRIDE, Guard.REASON_NO_EXAM, s) for s in _OPEN),
    RequestMove(_R.DRAFT, _E.CANCEL, Guard.NONE, _R.CANCELLED),
    *(
        RequestMove(s, _E.CANCEL, Guard.NOT_STARTED, _R.CANCELLED)
        for s in (*_OPEN, _R.ACCEPTED, _R.SUBSTITUTED)
    ),
)
EXAM_MOVES: tuple[ExamMove, ...] = (
    ExamMove(None, _X.PLAN, Guard.ALLOWED, _S.PLANNED),
    ExamMove(_S.PLANNED, _X.ARRIVE, Guard.NONE, _S.ARRIVED),
    *(ExamMove(s, _X.START, Guard.NONE, _S.IN_PROGRESS) for s in (_S.PLANNED, _S.ARRIVED)),
    *(
        ExamMove(s, _X.DISCONTINUE, Guard.NONE, _S.ARRIVED)
        for s in (_S.PLANNED, _S.ARRIVED, _S.IN_PROGRESS)
    ),
    *(
        ExamMove(s, _X.ACQUIRE, Guard.NONE, _S.ACQUIRED)
        for s in (_S.PLANNED, _S.ARRIVED, _S.IN_PROGRESS)
    ),
    ExamMove(_S.ACQUIRED, _X.TRANSFER, Guard.NONE, _S.TRANSFERRING),
    *(
        ExamMove(s, _X.COMPLETE, Guard.NONE, _S.COMPLETE)
        for s in (_S.PLANNED, _S.ARRIVED, _S.IN_PROGRESS, _S.ACQUIRED, _S.TRANSFERRING)
    ),
    *(ExamMove(s, _X.CANCEL, Guard.NONE, _S.CANCELLED) for s in (_S.PLANNED, _S.ARRIVED)),
)
PLANS_EXAM = frozenset({_E.ACCEPT, _E.SUBSTITUTE, _E.OVERRIDE})
STARTED = frozenset({_S.IN_PROGRESS, _S.ACQUIRED, _S.TRANSFERRING, _S.COMPLETE})

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


def is_open_to(state: RequestState, event: RequestEvent, *, exam: ExamState | None) -> bool:
    """Whether somebody allowed to, with the words it needs, could do that now."""
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
