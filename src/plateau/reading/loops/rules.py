"""What may happen to a loop, and who has it next."""

from collections.abc import Iterable

from plateau.kernel.caller import Role
from plateau.kernel.errors import ConflictError, InvalidInputError
from plateau.reading.loops.types import Owner, State, Step

LONGEST = 500  # characters of a proof
_ON = (State.OPEN, State.ACKNOWLEDGED)
_NEXT: dict[tuple[State | None, Step], State] = {
    (None, Step.OPENED): State.OPEN,
    (State.OPEN, Step.ACKNOWLEDGED): State.ACKNOWLEDGED,
    **{(state, Step.PASSED_ON): State.OPEN for state in _ON},
    **{(state, Step.CLOSED): State.CLOSED for state in _ON},
    **{(state, Step.LAPSED): State.LAPSED for state in _ON},
}
_PROVEN = (Step.CLOSED, Step.LAPSED)


def after(state: State | None, step: Step, *, note: str = "") -> State:
    """Where a step leads: ConflictError when it is none from there.

    Nothing ends without a word of how that is known: InvalidInputError.
    """
    found = _NEXT.get((state, step))
    if found is None:
        raise ConflictError("this is over already, or in somebody's hands")
    if step in _PROVEN and not note.strip():
        raise InvalidInputError("say how this is known")
    if len(note) > LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=LONGEST)
    return found


def replayed(steps: Iterable[tuple[Step, str]]) -> State | None:
    """Where steps, each with its note, lead from the beginning."""
    state: State | None = None
    for step, note in steps:
        state = after(state, step, note=note)
    return state


def next_owner(owner: Owner) -> Owner:
    """Who is told when an owner does not move: their colleagues, then the coordinators.

    The coordinators keep it: they are told again and again.
    """
    if owner.person_id is not None:
        return Owner(None, owner.role)
    return Owner(None, Role.COORDINATOR)
