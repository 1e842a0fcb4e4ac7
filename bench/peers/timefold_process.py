"""The process that runs Timefold: an instance on its input, the shifts of its best on its output.

One variable a person and day; a row's faults are counted by a plain function, as its guide shows.
It uses only Timefold and the standard library, since another Python may run it.
"""

# pyright: basic, reportMissingImports=false
# Timefold is no dependency of ours: where it is missing, nothing here runs.
import json
import sys
from dataclasses import dataclass, field
from typing import Annotated

from timefold.solver import SolverFactory
from timefold.solver.config import (
    Duration,
    ScoreDirectorFactoryConfig,
    SolverConfig,
    TerminationConfig,
)
from timefold.solver.domain import (
    PlanningEntityCollectionProperty,
    PlanningId,
    PlanningScore,
    PlanningVariable,
    ProblemFactCollectionProperty,
    ValueRangeProvider,
    planning_entity,
    planning_solution,
)
from timefold.solver.score import (
    ConstraintCollectors,
    ConstraintFactory,
    HardSoftScore,
    Joiners,
    constraint_provider,
)


@dataclass
class Shift:
    """A kind of work of a day."""

    name: str
    minutes: int
    not_before: list[str]


@dataclass
class Employee:
    """What somebody may work, as the format says it."""

    name: str
    most: dict[str, int]
    most_minutes: int
    least_minutes: int
    most_on: int
    least_on: int
    least_off: int
    most_weekends: int
    off: list[int]


@dataclass
class Wish:
    """What somebody would like, or not when its price is below zero."""

    name: str
    day: int
    shift: str
    price: int


@dataclass
class Cover:
    """How many are wanted."""

    day: int
    shift: str
    wanted: int
    under: int
    over: int


@planning_entity
@dataclass
class Day:
    """What somebody does on a day."""

    id: Annotated[str, PlanningId]
    employee: Employee
    name: str
    day: int
    shift: Annotated[Shift | None, PlanningVariable(allows_unassigned=True)] = field(default=None)


@planning_solution
@dataclass
class Plan:
    """Everybody and every day."""

    shifts: Annotated[list[Shift], ProblemFactCollectionProperty, ValueRangeProvider]
    wished: Annotated[list[Wish], ProblemFactCollectionProperty]
    cover: Annotated[list[Cover], ProblemFactCollectionProperty]
    days: Annotated[list[Day], PlanningEntityCollectionProperty]
    score: Annotated[HardSoftScore | None, PlanningScore] = field(default=None)


def faults(employee: Employee, days: list[Day]) -> int:
    """How many constraints of the format a row breaks, and by how much."""
    row: list[Shift | None] = [None] * len(days)
    for one in days:
        row[one.day] = one.shift
    return (
        totals(employee, row)
        + successions(employee, row)
        + weekends(employee, row)
        + runs(employee, row)
    )


def totals(employee: Employee, row: list[Shift | None]) -> int:
    """Shifts of a kind, and minutes."""
    wrong = 0
    minutes = 0
    held: dict[str, int] = {}
    for shift in row:
        if shift is not None:
            minutes = minutes + shift.minutes
            held[shift.name] = held.get(shift.name, 0) + 1
    for name, count in held.items():
        wrong = wrong + max(0, count - employee.most.get(name, 0))
    over = max(0, minutes - employee.most_minutes)
    under = max(0, employee.least_minutes - minutes)
    return wrong + (over + 59) // 60 + (under + 59) // 60


def successions(employee: Employee, row: list[Shift | None]) -> int:
    """Days off that are worked, and shifts that may not follow one another."""
    wrong = 0
    for day in range(len(row)):
        shift = row[day]
        if shift is None:
            continue
        if day in employee.off:
            wrong = wrong + 1
        after = row[day + 1] if day + 1 < len(row) else None
        if after is not None and after.name in shift.not_before:
            wrong = wrong + 1
    return wrong


def weekends(employee: Employee, row: list[Shift | None]) -> int:
    """Weekends worked past the most."""
    worked = 0
    for saturday in range(5, len(row) - 1, 7):
        if row[saturday] is not None or row[saturday + 1] is not None:
            worked = worked + 1
    return max(0, worked - employee.most_weekends)


def runs(employee: Employee, row: list[Shift | None]) -> int:
    """Runs of work too long or too short, and rests too short."""
    wrong = 0
    start = 0
    for day in range(1, len(row) + 1):
        if day < len(row) and (row[day] is None) == (row[start] is None):
            continue
        length = day - start
        inside = start > 0 and day < len(row)
        least = employee.least_off if row[start] is None else employee.least_on
        if row[start] is not None:
            wrong = wrong + max(0, length - employee.most_on)
        if inside:
            wrong = wrong + max(0, least - length)
        start = day
    return wrong


@constraint_provider
def rules(factory: ConstraintFactory):
    """Rows are legal; cover and wishes have their prices."""
    return [
        factory.for_each_including_unassigned(Day)
        .group_by(lambda one: one.employee, ConstraintCollectors.to_list())
        .penalize(HardSoftScore.ONE_HARD, faults)
        .as_constraint("row"),
        factory.for_each(Cover)
        .join(Day, Joiners.equal(lambda one: one.day, lambda day: day.day))
        .filter(lambda one, day: day.shift is not None and day.shift.name == one.shift)
        .group_by(lambda one, day: one, ConstraintCollectors.count_bi())
        .reward(HardSoftScore.ONE_SOFT, lambda one, held: min(held, one.wanted) * one.under)
        .as_constraint("wanted"),
        factory.for_each(Cover)
        .join(Day, Joiners.equal(lambda one: one.day, lambda day: day.day))
        .filter(lambda one, day: day.shift is not None and day.shift.name == one.shift)
        .group_by(lambda one, day: one, ConstraintCollectors.count_bi())
        .penalize(HardSoftScore.ONE_SOFT, lambda one, held: max(0, held - one.wanted) * one.over)
        .as_constraint("too many"),
        factory.for_each(Wish)
        .join(
            Day,
            Joiners.equal(lambda one: one.name, lambda day: day.name),
            Joiners.equal(lambda one: one.day, lambda day: day.day),
        )
        .filter(lambda one, day: day.shift is not None and day.shift.name == one.shift)
        .impact(HardSoftScore.ONE_SOFT, lambda one, day: one.price)
        .as_constraint("wish"),
    ]


def main() -> None:
    """Solve the instance on standard input; say who holds what, in one line."""
    asked = json.load(sys.stdin)
    names = list(asked["shifts"])
    plan = Plan(
        shifts=[Shift(name, *asked["shifts"][name]) for name in names],
        wished=[Wish(*one) for one in asked["wished"]]
        + [Wish(who, day, shift, -price) for who, day, shift, price in asked["unwished"]],
        cover=[Cover(*one) for one in asked["cover"]],
        days=[
            Day(f"{name}/{day}", employee, name, day)
            for name, row in asked["staff"].items()
            for employee in [Employee(name, *row)]
            for day in range(asked["days"])
        ],
    )
    config = SolverConfig(
        solution_class=Plan,
        entity_class_list=[Day],
        score_director_factory_config=ScoreDirectorFactoryConfig(
            constraint_provider_function=rules
        ),
        termination_config=TerminationConfig(spent_limit=Duration(seconds=int(asked["seconds"]))),
    )
    found = SolverFactory.create(config).build_solver().solve(plan)
    taken = [[one.name, one.day, one.shift.name] for one in found.days if one.shift is not None]
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
