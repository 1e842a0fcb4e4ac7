"""What every model gives the engines: variables that decide, whom and which day they bear on."""

from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python.cp_model import CpModel

Values = Sequence[int]  # one for each variable of a model


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable that decides: neighbourhoods are chosen by its person and its day."""

    index: int
    person: str
    day: int


@dataclass(frozen=True, slots=True)
class Spot:
    """What a day costs by one variable: `base` when it is zero, and `price` for each unit."""

    index: int
    price: int
    base: int
    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A model and its choices; everything else in it follows from them."""

    model: CpModel
    choices: Sequence[Choice]
    spots: Sequence[Spot] = ()  # where it costs: neighbourhoods are cut there more often

    @property
    def size(self) -> int:
        """How many variables it has."""
        return len(self.model.proto.variables)


def cost_of(plan: Plan, values: Values) -> float:
    """What the objective of a plan says of a solution."""
    objective = plan.model.proto.objective
    return objective.offset + sum(
        coefficient * values[index]
        for index, coefficient in zip(objective.vars, objective.coeffs, strict=True)
    )


def hint(model: CpModel, values: Values) -> None:
    """Start from a solution known to be good."""
    known = model.proto.solution_hint
    known.vars.clear()
    known.values.clear()
    known.vars.extend(range(len(values)))
    known.values.extend(values)
