"""A CP-SAT model as a mixed-integer programme: the same variables, every constraint as rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python.cp_model import CpModel

_HUGE = 2**62
Programme = dict[str, NDArray[Any]]


@dataclass(slots=True)
class _Rows:
    """Rows as they are stored: where each starts, its columns, its factors, its sides."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, int]], lower: float, upper: float) -> None:
        """One row; a negated literal is one minus its variable."""
        shift = 0
        for literal, factor in terms:
            if literal < 0:
                shift += factor
            self.columns.append(literal if literal >= 0 else -literal - 1)
            self.factors.append(factor if literal >= 0 else -factor)
        self.lower.append(lower - shift)
        self.upper.append(upper - shift)
        self.starts.append(len(self.columns))


def programme(model: CpModel) -> Programme:
    """The arrays of the mixed-integer programme that says the same as a model."""
    proto = model.proto
    rows = _Rows()
    for constraint in proto.constraints:
        _add(rows, constraint)
    costs = np.zeros(len(proto.variables))
    np.add.at(costs, list(proto.objective.vars), list(proto.objective.coeffs))
    return {
        "costs": costs,
        "offset": np.array([proto.objective.offset]),
        "least": np.array([min(one.domain) for one in proto.variables], dtype=float),
        "most": np.array([max(one.domain) for one in proto.variables], dtype=float),
        "lower": np.array(rows.lower),
        "upper": np.array(rows.upper),
        "starts": np.array(rows.starts),
        "columns": np.array(rows.columns),
        "factors": np.array(rows.factors, dtype=float),
    }


def _add(rows: _Rows, constraint: Any) -> None:
    guards = list(constraint.enforcement_literal)
    if constraint.has_exactly_one() and not guards:
        rows.add(_ones(constraint.exactly_one.literals), 1, 1)
    elif constraint.has_at_most_one() and not guards:
        rows.add(_ones(constraint.at_most_one.literals), -np.inf, 1)
    elif constraint.has_bool_or():
        clause = [*constraint.bool_or.literals, *(-guard - 1 for guard in guards)]
        rows.add(_ones(clause), 1, np.inf)
    elif constraint.has_bool_and():
        for one in constraint.bool_and.literals:
            rows.add(_ones([one, *(-guard - 1 for guard in guards)]), 1, np.inf)
    elif constraint.has_linear() and not guards and len(constraint.linear.domain) == 2:
        lower, upper = constraint.linear.domain
        rows.add(
            zip(constraint.linear.vars, constraint.linear.coeffs, strict=True),
            -np.inf if lower < -_HUGE else lower,
            np.inf if upper > _HUGE else upper,
        )
    else:
        raise NotImplementedError("the linear engine knows no such constraint")


def _ones(literals: Iterable[int]) -> Iterator[tuple[int, int]]:
    return ((literal, 1) for literal in literals)
