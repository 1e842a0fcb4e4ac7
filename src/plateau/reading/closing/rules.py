"""How far a final report has come: pure."""

from plateau.reading.closing.types import Standing
from plateau.reading.rules import lifecycle
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import State, Step

_NEXT = {
    State.FINAL: Step.DELIVERED,
    State.DELIVERED: Step.ACKNOWLEDGED,
    State.ACKNOWLEDGED: Step.CLOSED,
}


def advance(state: State, standing: Standing) -> list[tuple[Step, State, State]]:
    """The steps that a report can take now, each from where to where; none when it stays."""
    holds = {
        Step.DELIVERED: standing.is_delivered,
        Step.ACKNOWLEDGED: standing.is_acknowledged,
        Step.CLOSED: standing.open_loops == 0,
    }
    done: list[tuple[Step, State, State]] = []
    while (step := _NEXT.get(state)) and holds[step]:
        after = lifecycle.after(state, step, Facts(open_loops=standing.open_loops))
        done.append((step, state, after))
        state = after
    return done
