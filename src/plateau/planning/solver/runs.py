"""The layered graph of somebody's days: on for k days, off for k days; rests are its shape."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long somebody works and rests in a row. Units: days."""

    most_on: int
    least_on: int
    least_off: int


@dataclass(frozen=True, slots=True, order=True)
class State:
    """Where somebody stands at the end of a day; a run begun before the first day is `early`."""

    is_on: bool
    days: int
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """States by day, each reached from the one before and leading to the last day."""

    layers: Sequence[Sequence[State]]
    bounds: Bounds

    def following(self, day: int, state: State) -> list[State]:
        """The states of a day reached from a state of the day before."""
        reached = set(successors(state, self.bounds))
        return [one for one in self.layers[day] if one in reached]


def first_states(bounds: Bounds) -> list[State]:
    """How the first day may stand, when nothing is known of the days before."""
    return [State(True, 1, True), State(False, max(1, bounds.least_off))]


def successors(state: State, bounds: Bounds) -> list[State]:
    """How the day after may stand. A rest is counted up to its minimum only."""
    rest = max(1, bounds.least_off)
    if state.is_on:
        more = [State(True, state.days + 1, state.is_early)] if state.days < bounds.most_on else []
        may_stop = state.is_early or state.days >= bounds.least_on
        return more + ([State(False, 1)] if may_stop else [])
    starts = [State(True, 1)] if state.days >= rest else []
    return [State(False, min(state.days + 1, rest)), *starts]


def graph(bounds: Bounds, may_work: Sequence[bool]) -> Graph:
    """The states somebody can be in, day by day; no state on some day: no roster exists."""
    layers: list[list[State]] = []
    for can in may_work:
        reached = (
            {one for state in layers[-1] for one in successors(state, bounds)}
            if layers
            else set(first_states(bounds))
        )
        layers.append(sorted(one for one in reached if can or not one.is_on))
    for day in range(len(layers) - 2, -1, -1):
        later = set(layers[day + 1])
        layers[day] = [one for one in layers[day] if later & set(successors(one, bounds))]
    return Graph(layers, bounds)
