"""How reports change: the machine coupled to those of requests and exams, as data.

A report waits, is offered, assigned, read under a lease, kept as a draft, given preliminarily or
to a second reader, signed, and final once its signer can no longer recall it. What follows it is
its delivery, what was read of it, and the loops around it; addenda add to it. A retracted report
counts for nothing, and its exam is to be read again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.reading.types import State, Step


class Guard(Enum):
    """What must hold for a change to be allowed."""

    NONE = auto()
    READABLE = auto()
    ABLE = auto()
    LAPSED = auto()
    HOLDER = auto()
    HOLDER_READABLE = auto()
    OTHER_READER = auto()
    SIGNATURE = auto()
    IN_WINDOW = auto()
    WINDOW_OVER = auto()
    FOLLOWS = auto()
    NO_LOOP = auto()


class Effect(Enum):
    """What else becomes true with a change."""

    LEASE = auto()  # somebody holds the exam
    FREE = auto()  # nobody holds it any more
    KEEP_DRAFT = auto()
    SEAL = auto()  # one more version, printed and kept for ever
    ANNOUNCE = auto()  # those who count or send it hear of it
    RECALL_RECIPIENTS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at."""

    allowed: bool = False  # the request was accepted, or its acceptance overridden
    complete: bool = False  # every image is here
    incomplete_reason: str = ""  # why it is read without them
    reason: str = ""
    actor: PersonId | None = None
    holder: PersonId | None = None  # who reads it, or has signed it
    first_reader: PersonId | None = None
    able: bool = False  # skill and privilege, today
    lapsed: bool = False  # the holder gave no sign for too long
    own_signature: bool = False  # the actor has just proved who they are
    clean: bool = False  # nothing that forbids signing was found in the text
    second_due: bool = False  # somebody else is asked to read it, and has not
    in_window: bool = False  # the signer may still recall it
    versions: int = 0  # signed so far
    open_loops: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """In this state, this step under this guard leads to the next state."""

    state: State | None
    step: Step
    guard: Guard
    next: State
    effects: frozenset[Effect] = frozenset()


_S, _T = State, Step
_KEPT = frozenset({Effect.FREE, Effect.KEEP_DRAFT})
_FREE = frozenset({Effect.FREE})
_LEASE = frozenset({Effect.LEASE})
_SEAL = frozenset({Effect.SEAL, Effect.ANNOUNCE})
_CALL_BACK = frozenset({Effect.SEAL, Effect.ANNOUNCE, Effect.RECALL_RECIPIENTS})
_WAITING = (_S.UNASSIGNED, _S.DRAFT)
_GIVEN = (_S.OFFERED, _S.ASSIGNED)
_ISSUED = (_S.FINAL, _S.DELIVERED, _S.ACKNOWLEDGED, _S.CLOSED)

MOVES: tuple[Move, ...] = (
    Move(None, _T.OPENED, Guard.READABLE, _S.UNASSIGNED),
    *(Move(s, _T.OFFERED, Guard.ABLE, _S.OFFERED) for s in _WAITING),
    *(Move(s, _T.ASSIGNED, Guard.ABLE, _S.ASSIGNED) for s in (*_WAITING, *_GIVEN)),
    *(Move(s, _T.DECLINED, Guard.NONE, _S.UNASSIGNED, _FREE) for s in _GIVEN),
    *(Move(s, _T.DECLINED_DRAFTED, Guard.NONE, _S.DRAFT, _KEPT) for s in _GIVEN),
    *(
        Move(s, _T.TAKEN, Guard.ABLE, _S.READING, _LEASE)
        for s in (*_WAITING, *_GIVEN, _S.PRELIMINARY)
    ),
    Move(_S.READING, _T.TAKEN_OVER, Guard.LAPSED, _S.READING, _LEASE),
    Move(_S.READING, _T.RELEASED, Guard.HOLDER, _S.UNASSIGNED, _FREE),
    Move(_S.READING, _T.RELEASED_DRAFTED, Guard.HOLDER, _S.DRAFT, _KEPT),
    Move(_S.READING, _T.LAPSED, Guard.LAPSED, _S.UNASSIGNED, _FREE),
    Move(_S.READING, _T.LAPSED_DRAFTED, Guard.LAPSED, _S.DRAFT, _KEPT),
    Move(_S.READING, _T.PRELIMINARY, Guard.HOLDER_READABLE, _S.PRELIMINARY, _KEPT),
    *(Move(s, _T.SECOND_ASKED, Guard.NONE, _S.SECOND_READ, _KEPT) for s in (_S.PRELIMINARY,)),
    *(
        Move(_S.SECOND_READ, step, Guard.OTHER_READER, _S.PRELIMINARY)
        for step in (_T.CONCORDANT, _T.DISCORDANT)
    ),
    Move(_S.READING, _T.SIGNED, Guard.SIGNATURE, _S.SIGNED, _FREE),
    Move(_S.SIGNED, _T.RECALLED, Guard.IN_WINDOW, _S.DRAFT, _KEPT),
    Move(_S.SIGNED, _T.FINALISED, Guard.WINDOW_OVER, _S.FINAL, _SEAL),
    Move(_S.FINAL, _T.DELIVERED, Guard.NONE, _S.DELIVERED),
    Move(_S.DELIVERED, _T.ACKNOWLEDGED, Guard.NONE, _S.ACKNOWLEDGED),
    Move(_S.ACKNOWLEDGED, _T.CLOSED, Guard.NO_LOOP, _S.CLOSED),
    *(Move(s, _T.ADDENDUM, Guard.FOLLOWS, _S.FINAL, _SEAL) for s in _ISSUED),
    *(
        Move(s, _T.RETRACTED, Guard.FOLLOWS, _S.RETRACTED, _CALL_BACK)
        for s in (*_ISSUED, _S.PRELIMINARY)
    ),
    Move(_S.RETRACTED, _T.REOPENED, Guard.NONE, _S.UNASSIGNED, _FREE),
)
WAITING = frozenset({*_WAITING, *_GIVEN, _S.PRELIMINARY})  # somebody may begin to read it
DONE = frozenset({_S.SIGNED, *_ISSUED, _S.RETRACTED})

_NEXT = {(move.state, move.step): move for move in MOVES}
_Check = tuple[Callable[[Facts], bool], Callable[[], RuleBrokenError]]
_ALLOWED: _Check = (
    lambda facts: facts.allowed,
    lambda: RuleBrokenError("the request was neither accepted nor its acceptance overridden"),
)
_IMAGES: _Check = (
    lambda facts: facts.complete or bool(facts.incomplete_reason.strip()),
    lambda: RuleBrokenError("images are missing: say why you read the exam without them"),
)
_HOLDER: _Check = (
    lambda facts: facts.actor is not None and facts.actor == facts.holder,
    lambda: RuleBrokenError("only whoever reads the exam does that"),
)
_SIGNATURE: _Check = (
    lambda facts: facts.own_signature,
    lambda: RuleBrokenError("a report is signed by its reader, who proves who they are"),
)
_REASON: _Check = (
    lambda facts: bool(facts.reason.strip()),
    lambda: RuleBrokenError("write a reason: it is kept with the report"),
)
_CHECKS: Mapping[Guard, tuple[_Check, ...]] = {
    Guard.NONE: (),
    Guard.READABLE: (_ALLOWED, _IMAGES),
    Guard.ABLE: (
        (
            lambda facts: facts.able,
            lambda: RuleBrokenError("this reader may not read such exams of this site"),
        ),
    ),
    Guard.LAPSED: (
        (
            lambda facts: facts.lapsed,
            lambda: RuleBrokenError("the reader of this exam still gives signs"),
        ),
    ),
    Guard.HOLDER: (_HOLDER,),
    Guard.HOLDER_READABLE: (_HOLDER, _ALLOWED, _IMAGES),
    Guard.OTHER_READER: (
        (
            lambda facts: facts.actor is not None and facts.actor != facts.first_reader,
            lambda: RuleBrokenError("the second reader is not the first one"),
        ),
    ),
    Guard.SIGNATURE: (
        _HOLDER,
        _ALLOWED,
        _IMAGES,
        _SIGNATURE,
        (
            lambda facts: facts.clean,
            lambda: RuleBrokenError("the result and the conclusion are empty"),
        ),
        (
            lambda facts: not facts.second_due,
            lambda: RuleBrokenError("a second reader has not answered yet"),
        ),
    ),
    Guard.IN_WINDOW: (
        _HOLDER,
        (
            lambda facts: facts.in_window,
            lambda: RuleBrokenError("the report is final: write an addendum"),
        ),
    ),
    Guard.WINDOW_OVER: (
        (
            lambda facts: not facts.in_window,
            lambda: RuleBrokenError("its signer may still recall this report"),
        ),
    ),
    Guard.FOLLOWS: (
        _SIGNATURE,
        _REASON,
        (
            lambda facts: facts.versions > 0,
            lambda: RuleBrokenError("nothing is signed that this could follow"),
        ),
    ),
    Guard.NO_LOOP: (
        (
            lambda facts: facts.open_loops == 0,
            lambda: RuleBrokenError("something about this report still waits for an answer"),
        ),
    ),
}


def after(state: State | None, step: Step, facts: Facts) -> State:
    """The state that `step` leads to; RuleBrokenError says why it cannot happen."""
    move = _NEXT.get((state, step))
    if move is None:
        raise RuleBrokenError(
            "a report that is {state} cannot be {step}", state=state or "absent", step=step
        )
    for holds, refusal in _CHECKS[move.guard]:
        if not holds(facts):
            raise refusal()
    return move.next


def replay(steps: Iterable[Step]) -> State | None:
    """The state that a log of steps leads to, from nothing; ValueError when the log has a gap."""
    state: State | None = None
    for step in steps:
        move = _NEXT.get((state, step))
        if move is None:
            raise ValueError(f"{step} cannot follow {state}")
        state = move.next
    return state


def effects(state: State | None, step: Step) -> frozenset[Effect]:
    """What else becomes true when `step` happens in `state`."""
    return _NEXT[state, step].effects
