"""The plain textbook model of a public instance: one variable a shift, sums over windows."""

from ortools.sat.python.cp_model import BoolVarT, CpModel, IntVar, LinearExpr

from plateau.planning.solver.shifts import WEEK, Employee, Instance

Takes = dict[tuple[str, int, str], IntVar]


def textbook(instance: Instance) -> CpModel:
    """A model as introductions to the subject write it."""
    model, takes = CpModel(), Takes()
    costs: list[LinearExpr | int] = []
    for who, one in instance.staff.items():
        _person(model, takes, instance, who)
        _runs(
            model, [_works(model, takes, instance, who, day) for day in range(instance.days)], one
        )
    for key, price in instance.wished.items():
        costs.append(price * (1 - takes[key]))
    for key, price in instance.unwished.items():
        costs.append(price * takes[key])
    for (day, shift), one in instance.cover.items():
        held = sum(takes[who, day, shift] for who in instance.staff)
        under = model.new_int_var(0, one.wanted, "")
        over = model.new_int_var(0, len(instance.staff), "")
        model.add(held + under - over == one.wanted)
        costs += [one.under * under, one.over * over]
    model.minimize(sum(costs))
    return model


def _person(model: CpModel, takes: Takes, instance: Instance, who: str) -> None:
    one, days = instance.staff[who], range(instance.days)
    for day in days:
        for shift in instance.shifts:
            takes[who, day, shift] = model.new_bool_var("")
            if day in one.off:
                model.add(takes[who, day, shift] == 0)
        model.add(sum(takes[who, day, shift] for shift in instance.shifts) <= 1)
    for shift, kind in instance.shifts.items():
        model.add(sum(takes[who, day, shift] for day in days) <= one.most.get(shift, 0))
        for after in kind.not_before:
            for day in days[:-1]:
                model.add(takes[who, day, shift] + takes[who, day + 1, after] <= 1)
    minutes = sum(
        kind.minutes * takes[who, day, shift]
        for day in days
        for shift, kind in instance.shifts.items()
    )
    model.add(minutes >= one.least_minutes)
    model.add(minutes <= one.most_minutes)


def _works(model: CpModel, takes: Takes, instance: Instance, who: str, day: int) -> IntVar:
    works = model.new_bool_var("")
    model.add(sum(takes[who, day, shift] for shift in instance.shifts) == works)
    return works


def _runs(model: CpModel, works: list[IntVar], one: Employee) -> None:
    days = len(works)
    for day in range(days - one.most_on):
        model.add(sum(works[day : day + one.most_on + 1]) <= one.most_on)
    for length in range(1, one.least_on):
        for day in range(days - length - 1):
            inside: list[BoolVarT] = [~each for each in works[day + 1 : day + 1 + length]]
            model.add_bool_or([works[day], *inside, works[day + length + 1]])
    for length in range(1, one.least_off):
        for day in range(days - length - 1):
            inside = [*works[day + 1 : day + 1 + length]]
            model.add_bool_or([~works[day], *inside, ~works[day + length + 1]])
    weekends = [model.new_bool_var("") for _ in range(days // WEEK)]
    for number, weekend in enumerate(weekends):
        for day in (WEEK * number + 5, WEEK * number + 6):
            model.add(weekend >= works[day])
    model.add(sum(weekends) <= one.most_weekends)
