"""The model of an instance of the public format: one graph of runs a person, cliques, cover."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from plateau.kernel.errors import RuleBrokenError
from plateau.planning.solver import flow
from plateau.planning.solver.model import Choice, Plan, Spot, Values
from plateau.planning.solver.runs import Bounds, graph
from plateau.planning.solver.shifts import WEEK, Employee, Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPlan(Plan):
    """The model of an instance, and which variable gives which shift."""

    takes: Mapping[tuple[str, int, str], IntVar]

    def taken(self, values: Values) -> dict[tuple[str, int], str]:
        """The solution that values say."""
        return {
            (who, day): shift for (who, day, shift), one in self.takes.items() if values[one.index]
        }


@dataclass(slots=True)
class _Draft:
    """A model being written."""

    instance: Instance
    model: CpModel = field(default_factory=CpModel)
    takes: dict[tuple[str, int, str], IntVar] = field(default_factory=dict)
    costs: list[LinearExpr | int] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)

    def of(self, who: str, day: int, shifts: frozenset[str]) -> list[IntVar]:
        """The variables of some shifts on a day, for one person."""
        found = (self.takes.get((who, day, shift)) for shift in sorted(shifts))
        return [one for one in found if one is not None]


def build(instance: Instance) -> ShiftPlan:
    """The model of an instance."""
    draft = _Draft(instance)
    for who, one in instance.staff.items():
        works = _choose(draft, who, one)
        _forbid_successions(draft, who)
        _bound_totals(draft, who, one)
        _bound_weekends(draft, works, one)
        bounds = Bounds(most_on=one.most_on, least_on=one.least_on, least_off=one.least_off)
        can = [day is not None for day in works]
        if not flow.post(draft.model, graph(bounds, can), works):
            raise RuleBrokenError("no row of shifts exists for {who}", who=who)
    _price_wishes(draft)
    _price_cover(draft)
    draft.model.minimize(sum(draft.costs))
    choices = [Choice(one.index, who, day) for (who, day, _), one in draft.takes.items()]
    return ShiftPlan(model=draft.model, choices=choices, takes=draft.takes, spots=draft.spots)


def _choose(draft: _Draft, who: str, one: Employee) -> list[IntVar | None]:
    """At most one shift a day; what is returned is true on days of work."""
    works: list[IntVar | None] = []
    able = [shift for shift in draft.instance.shifts if one.most.get(shift, 0) > 0]
    for day in range(draft.instance.days):
        if day in one.off or not able:
            works.append(None)
            continue
        for shift in able:
            draft.takes[who, day, shift] = draft.model.new_bool_var("")
        works.append(draft.model.new_bool_var(""))
        takes = draft.of(who, day, frozenset(able))
        draft.model.add_exactly_one([*takes, ~_present(works[day])])
    return works


def _present(works: IntVar | None) -> IntVar:
    if works is None:
        raise LookupError("a day off has no variable")
    return works


def _forbid_successions(draft: _Draft, who: str) -> None:
    """Shifts that forbid the same ones next, and all those they forbid, are one clique a day."""
    for before, after in _cliques(draft.instance):
        for day in range(draft.instance.days - 1):
            first, second = draft.of(who, day, before), draft.of(who, day + 1, after)
            if first and second:
                draft.model.add_at_most_one([*first, *second])


def _cliques(instance: Instance) -> list[tuple[frozenset[str], frozenset[str]]]:
    forbidders = {
        after: frozenset(name for name, one in instance.shifts.items() if after in one.not_before)
        for after in instance.shifts
    }
    return [
        (before, frozenset(after for after, those in forbidders.items() if those >= before))
        for before in sorted({those for those in forbidders.values() if those}, key=sorted)
    ]


def _bound_totals(draft: _Draft, who: str, one: Employee) -> None:
    """Shifts of a kind, and minutes: divided by what all lengths share, so that they round."""
    step = gcd(*(shift.minutes for shift in draft.instance.shifts.values()))
    minutes: list[LinearExpr | int] = []
    for name, shift in draft.instance.shifts.items():
        takes = [
            draft.takes[who, day, name]
            for day in range(draft.instance.days)
            if (who, day, name) in draft.takes
        ]
        most = one.most.get(name, 0)
        if most < len(takes):
            draft.model.add(LinearExpr.sum(takes) <= most)
        minutes.append(LinearExpr.sum(takes) * (shift.minutes // step))
    least, most = -(-one.least_minutes // step), one.most_minutes // step
    draft.model.add_linear_constraint(sum(minutes), least, most)


def _bound_weekends(draft: _Draft, works: Sequence[IntVar | None], one: Employee) -> None:
    weekends: list[IntVar] = []
    for saturday in range(5, draft.instance.days - 1, WEEK):
        days = [day for day in works[saturday : saturday + 2] if day is not None]
        if days:
            weekends.append(draft.model.new_bool_var(""))
            for day in days:
                draft.model.add_implication(day, weekends[-1])
    draft.model.add(LinearExpr.sum(weekends) <= one.most_weekends)


def _price_wishes(draft: _Draft) -> None:
    for key, price in draft.instance.wished.items():
        draft.costs.append(price * (1 - draft.takes[key]) if key in draft.takes else price)
        if key in draft.takes:
            draft.spots.append(Spot(draft.takes[key].index, -price, price, key[1]))
    for key, price in draft.instance.unwished.items():
        if key in draft.takes:
            draft.costs.append(price * draft.takes[key])
            draft.spots.append(Spot(draft.takes[key].index, price, 0, key[1]))


def _price_cover(draft: _Draft) -> None:
    for (day, shift), one in draft.instance.cover.items():
        takes = [
            draft.takes[who, day, shift]
            for who in draft.instance.staff
            if (who, day, shift) in draft.takes
        ]
        under = draft.model.new_int_var(0, one.wanted, "")
        over = draft.model.new_int_var(0, max(0, len(takes) - one.wanted), "")
        draft.model.add(LinearExpr.sum(takes) + under - over == one.wanted)
        draft.costs += [one.under * under, one.over * over]
        draft.spots += [Spot(under.index, one.under, 0, day), Spot(over.index, one.over, 0, day)]
