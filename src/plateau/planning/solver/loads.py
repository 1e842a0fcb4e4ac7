"""How much somebody works: half-days and hours of a week, averages over months, days of rest."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ortools.sat.python.cp_model import IntVar, LinearExpr

from plateau.planning.roster.types import HOSPITAL_STAFF, Contract, Kind, Person, Post, Status
from plateau.planning.solver import book as books
from plateau.planning.solver.stage import SCALE, Stage, monday

_EMPLOYEES = frozenset({Status.PRIVATE_TECHNOLOGIST, Status.SECRETARY})
_WEEK = timedelta(days=7)
Mine = Sequence[tuple[Post, IntVar]]


def post(stage: Stage) -> None:
    """Nobody works more than law and contract allow."""
    for person in stage.people:
        mine = stage.by_person.get(person.person_id, [])
        if not mine:
            continue
        for first in sorted({monday(one.on) for one, _ in mine}):
            _week(stage, person, first)
        for limit in limits(stage, person):
            stage.model.add(limit.work <= limit.most)
        _duties(stage, person)


def _week(stage: Stage, person: Person, first: date) -> None:
    days = [first + timedelta(days=n) for n in range(7)]
    last = min(stage.book.problem.last, days[-1])
    contract = person.contract(last) or person.contract(first)
    if contract is None:
        return
    mine, held = _within(stage, person, first, days[-1])
    if contract.status in books.DOCTORS:
        _half_days(stage, person, contract, (mine, held, last))
    if contract.status in HOSPITAL_STAFF:
        _rest_days(stage, person, first)


def _within(stage: Stage, person: Person, first: date, last: date) -> tuple[Mine, list[Post]]:
    mine = [one for one in stage.by_person[person.person_id] if first <= one[0].on <= last]
    held = [one for one in stage.settled.get(person.person_id, ()) if first <= one.on <= last]
    return mine, held


def _half_days(
    stage: Stage, person: Person, contract: Contract, week: tuple[Mine, list[Post], date]
) -> None:
    """The half-days of the contract at most, but for volunteers, who are paid for more."""
    mine, held, last = week
    rule = "half_days" if contract.status is Status.HOSPITAL else "half_days_private"
    setting = stage.book.of("extra_time" if contract.takes_extra else rule, last)
    if setting is None:
        return
    long = round(setting.numbers.get("night", 2))
    weights = [long if books.is_long(one) else 1 for one, _ in mine]
    done = sum(long if books.is_long(one) else 1 for one in held)
    due = math.floor(half_days_due(person, last) + 1e-6)
    work = LinearExpr.weighted_sum([take for _, take in mine], weights)
    if setting.is_hard:
        stage.model.add(work <= max(0, due - done))
        return
    exact = half_days_due(person, last)
    over = stage.model.new_int_var(0, sum(weights) + done, "")
    part = stage.model.new_bool_var("")  # the first of them, which may be a part of one
    stage.model.add(over + part >= work + done - due)
    stage.costs.append(SCALE * setting.weight * over)
    stage.charge(part, setting.weight * (math.floor(exact + 1e-6) + 1 - exact))


def half_days_due(person: Person, last: date) -> float:
    """The half-days of the contract in a week, less its days of leave."""
    days = [monday(last) + timedelta(days=n) for n in range(5)]
    held = [None if person.is_on_leave(day) else person.contract(day) for day in days]
    return sum(one.half_days * one.share / 5 for one in held if one)


def _minutes(one: Post) -> int:
    return int(one.length.total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class Limit:
    """The most minutes that somebody may still take of some posts, by a rule."""

    rule: str
    mine: Mine
    minutes: float

    @property
    def work(self) -> LinearExpr:
        """The minutes taken."""
        takes = [take for _, take in self.mine]
        return LinearExpr.weighted_sum(takes, [_minutes(one) for one, _ in self.mine])

    @property
    def most(self) -> int:
        """Whole minutes, never below zero."""
        return max(0, math.floor(self.minutes))


def limits(stage: Stage, person: Person) -> Iterator[Limit]:
    """Every limit of hours on what somebody may take: in a week, in seven days, on average."""
    mondays = sorted({monday(one.on) for one, _ in stage.by_person[person.person_id]})
    for first in mondays:
        last = min(stage.book.problem.last, first + timedelta(days=6))
        contract = person.contract(last) or person.contract(first)
        if contract is not None and contract.status not in books.DOCTORS:
            yield from _hours(stage, person, contract, (first, last))
            yield from _seven_days(stage, person, contract, first)
    yield from _averages(stage, person, mondays)


def _hours(
    stage: Stage, person: Person, contract: Contract, week: tuple[date, date]
) -> Iterator[Limit]:
    first, last = week
    rule = "employee_week" if contract.status in _EMPLOYEES else "technologist_week"
    hours = stage.book.number(rule, "hours", last)
    if hours is not None and (not contract.takes_extra or contract.status in _EMPLOYEES):
        mine, held = _within(stage, person, first, first + timedelta(days=6))
        yield Limit(rule, mine, 60 * hours - sum(map(_minutes, held)))


def _seven_days(stage: Stage, person: Person, contract: Contract, first: date) -> Iterator[Limit]:
    """Hours in any seven days, for hospital technologists."""
    if contract.status is not Status.HOSPITAL_TECHNOLOGIST:
        return
    rule = "technologist_seven_days"
    for n in range(7):
        last = first + timedelta(days=n)
        hours = stage.book.number(rule, "hours", last)
        mine, held = _within(stage, person, last - timedelta(days=6), last)
        if hours is not None and mine:
            yield Limit(rule, mine, 60 * hours - sum(map(_minutes, held)))


def _rest_days(stage: Stage, person: Person, first: date) -> None:
    """Two days of rest a week, and one whole weekend in two."""
    if stage.book.of("fortnight_rest", first) is None:
        return
    works: dict[date, list[IntVar]] = defaultdict(list)
    mine, held = _within(stage, person, first, first + timedelta(days=6))
    for one, take in mine:
        works[one.on].append(take)
    busy = {one.on for one in held}
    days = {day: stage.model.new_bool_var("") for day in works if day not in busy}
    for day, on in days.items():
        for take in works[day]:
            stage.model.add_implication(take, on)
    stage.model.add(LinearExpr.sum(list(days.values())) <= max(0, 5 - len(busy)))
    weekend = [on for day, on in days.items() if day.weekday() >= 5]
    before = _within(stage, person, first - timedelta(days=2), first - timedelta(days=1))
    after = _within(stage, person, first + timedelta(days=12), first + timedelta(days=13))
    if before[1] or after[1]:
        stage.model.add(LinearExpr.sum(weekend) == 0)
    for one in weekend:
        for _, take in before[0]:
            stage.model.add_at_most_one([one, take])


def _averages(stage: Stage, person: Person, mondays: Sequence[date]) -> Iterator[Limit]:
    """Hours a week, averaged over months: the window that ends with each week that is planned.

    When fewer weeks are known than the rule averages, all of them are one window. What is settled
    later in it counts too.
    """
    problem = stage.book.problem
    for first in mondays:
        week = min(problem.last, first + timedelta(days=6))
        status = books.status_of(person, week)
        rule = "week_hours" if status is Status.HOSPITAL else "employee_twelve_weeks"
        hours = stage.book.number(rule, "hours", week)
        length = int(stage.book.number(rule, "weeks", week) or 0) * _WEEK
        if hours is None or status not in {Status.HOSPITAL, *_EMPLOYEES}:
            continue
        known = monday(_known_since(stage))
        end = min(max(first + _WEEK, known + length), monday(problem.last) + _WEEK)
        since, last = max(known, end - length), end - timedelta(days=1)
        mine, held = _within(stage, person, since, last)
        done = sum(map(_minutes, held))
        most = 60 * hours * _present(stage, person, since, last) / 5
        if sum(_minutes(one) for one, _ in mine) + done > most:
            yield Limit(rule, mine, most - done)


def _known_since(stage: Stage) -> date:
    before = (one.on for one, _ in stage.book.problem.before)
    return min(before, default=stage.book.problem.first)


def _present(stage: Stage, person: Person, first: date, last: date) -> int:
    """The weekdays that count in an average: known, under contract, and not of leave."""
    first, last = max(first, _known_since(stage)), min(last, stage.book.problem.last)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(
        person.contract(day) is not None and not person.is_on_leave(day)
        for day in days
        if day.weekday() < 5
    )


def _duties(stage: Stage, person: Person) -> None:
    limits = [one.max_duties for one in person.contracts if one.max_duties is not None]
    if not limits or stage.book.of("max_duties", stage.book.problem.last) is None:
        return
    problem = stage.book.problem
    held = [
        one
        for one in stage.settled.get(person.person_id, ())
        if one.kind is Kind.DUTY and one.on >= problem.first
    ]
    mine = [take for one, take in stage.by_person[person.person_id] if one.kind is Kind.DUTY]
    stage.model.add(LinearExpr.sum(mine) <= max(0, max(limits) - len(held)))
