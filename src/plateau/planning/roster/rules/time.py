"""Rules of time worked: hours and half-days in a week, averages over months, number of duties."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import accumulate

from plateau.kernel.words import N_
from plateau.planning.roster.board import At, Board, Week, Worker, monday_of, week_of
from plateau.planning.roster.rules.rest import applies
from plateau.planning.roster.rules.rule import Rule, breach, hours, number
from plateau.planning.roster.types import HOSPITAL_STAFF, Breach, Kind, Setting, Status

_HOSPITAL = frozenset({Status.HOSPITAL})
_PRIVATE = frozenset({Status.PRIVATE})
_EMPLOYEES = frozenset({Status.PRIVATE_TECHNOLOGIST, Status.SECRETARY})
_EVERYBODY = frozenset(Status)


def half_days_done(week: Week, setting: Setting) -> float:
    """The half-days of a week; a whole night or day of duty counts for `night` of them."""
    return week.posts + week.long * (setting.numbers["night"] - 1)


def half_days_due(one: Worker, week: int) -> float:
    """The half-days that the contract allows in a week, days of leave taken off."""
    monday = monday_of(week)
    due = 0.0
    for day in range(monday, monday + 5):
        contract = None if day in one.away else one.contract(day)
        if contract is not None:
            due += contract.half_days * contract.share / 5
    return due


def _too_many(
    statuses: frozenset[Status], *, volunteers: bool
) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule on half-days a week, for volunteers for extra time or for the others."""

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        for week, done, last in _planned_weeks(board, one):
            contract = one.contract(last.toordinal()) or one.contract(monday_of(week))
            if contract is None or contract.status not in statuses:
                continue
            setting = at(last)
            if setting is None or contract.takes_extra is not volunteers:
                continue
            worked = half_days_done(done, setting)
            if worked > (due := half_days_due(one, week)) + 1e-6:
                yield _over(setting, one, last, (worked, due))

    return look


def _over(setting: Setting, one: Worker, last: date, counts: tuple[float, float]) -> Breach:
    worked, due = counts
    text = N_("{person} works {done} half-days in the week up to {day}, the contract has {due}")
    values = {"person": one.person.name, "done": number(worked), "due": number(due),
              "day": f"{last}"}  # fmt: skip
    person_id = one.person.person_id
    found = breach(setting, text, values, person_id=person_id, units=worked - due)
    return replace(found, on=last)


def _planned_weeks(board: Board, one: Worker) -> Iterator[tuple[int, Week, date]]:
    """The weeks that a problem plans, with their last day in it."""
    first, last = board.problem.first, board.problem.last
    for week in range(week_of(first.toordinal()), week_of(last.toordinal()) + 1):
        done = one.weeks.get(week)
        if done is not None:
            yield week, done, min(last, date.fromordinal(monday_of(week) + 6))


def _week_limit(
    statuses: frozenset[Status], *, but_extra: bool
) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule on hours from Monday to Sunday; those who take extra time may be left out."""

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        for week, done, last in _planned_weeks(board, one):
            setting = at(last)
            if setting is None or done.minutes <= 60 * setting.numbers["hours"]:
                continue
            contract = one.contract(monday_of(week)) or one.contract(last.toordinal())
            if contract is None or contract.status not in statuses:
                continue
            if not (but_extra and contract.takes_extra):
                yield _hours_over(setting, one, last, (done.minutes, 60 * setting.numbers["hours"]))

    return look


def _hours_over(setting: Setting, one: Worker, last: date, minutes: tuple[float, float]) -> Breach:
    done, limit = minutes
    text = N_("{person} works {done} in the week up to {day}, {limit} at most")
    values = {"person": one.person.name, "done": hours(done), "day": f"{last}",
              "limit": hours(limit)}  # fmt: skip
    units = (done - limit) / 60
    found = breach(setting, text, values, person_id=one.person.person_id, units=units)
    return replace(found, on=last)


def _seven_days(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    """Hours in any seven days, each post counted on the day it begins."""
    first = board.problem.first.toordinal()
    days: dict[int, int] = {}
    for work in one.works:
        days[work.day] = days.get(work.day, 0) + work.end - work.start
    for day in days:
        setting = at(date.fromordinal(day)) if day >= first else None
        if setting is None or not applies(one, day, HOSPITAL_STAFF):
            continue
        span = int(setting.numbers["days"])
        done = sum(days.get(day - n, 0) for n in range(span))
        if done > 60 * setting.numbers["hours"]:
            limit = 60 * setting.numbers["hours"]
            yield _hours_over(setting, one, date.fromordinal(day), (done, limit))


def windows(board: Board, weeks: int) -> Iterator[tuple[int, int]]:
    """The first and last week of each window of averages that touches what is planned.

    Those of full length where enough weeks are known; one of all that is known otherwise.
    """
    since, first = week_of(board.since), week_of(board.problem.first.toordinal())
    last = week_of(board.problem.last.toordinal())
    if last - since + 1 <= weeks:
        yield since, last
        return
    for end in range(max(first, since + weeks - 1), last + 1):
        yield end - weeks + 1, end


def present_days(board: Board, one: Worker, week: int) -> int:
    """The weekdays of a week that count in an average: known, under contract, and not of leave."""
    monday, last = monday_of(week), board.problem.last.toordinal()
    return sum(
        board.since <= day <= last and day not in one.away and one.contract(day) is not None
        for day in range(monday, monday + 5)
    )


def _average(
    statuses: frozenset[Status],
) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule on hours a week, averaged over some weeks, leave left out."""

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        setting = at(board.problem.last) or at(board.problem.first)
        if setting is None or not one.works:
            return
        low, high = week_of(board.since), week_of(board.problem.last.toordinal())
        known = range(low, high + 1)
        zero = Week()
        minutes = [0, *accumulate(one.weeks.get(week, zero).minutes for week in known)]
        days = [0, *accumulate(present_days(board, one, week) for week in known)]
        for start, end in windows(board, int(setting.numbers["weeks"])):
            last = min(board.problem.last, date.fromordinal(monday_of(end) + 6))
            held = at(last)
            done = minutes[end - low + 1] - minutes[start - low]
            limit = 60 * setting.numbers["hours"] * (days[end - low + 1] - days[start - low]) / 5
            if held is not None and done > limit + 1e-6 and _is_for(one, last, statuses):
                yield _average_over(held, one, last, (done, limit, end - start + 1))

    return look


def _is_for(one: Worker, last: date, statuses: frozenset[Status]) -> bool:
    """Whether somebody works under one of these statuses, then or the day they left."""
    ends = [c.span.last for c in one.person.contracts if c.span.last and c.span.last < last]
    day = last if one.contract(last.toordinal()) or not ends else max(ends)
    return applies(one, day.toordinal(), statuses)


def _average_over(
    setting: Setting, one: Worker, last: date, counts: tuple[float, float, int]
) -> Breach:
    done, limit, weeks = counts
    text = N_(
        "{person} works {done} in the {weeks} weeks up to {day}, {limit} at most: "
        "{hours} a week of presence"
    )
    values = {"person": one.person.name, "done": hours(done), "weeks": str(weeks),
              "day": f"{last}", "limit": hours(limit),
              "hours": hours(60 * setting.numbers["hours"])}  # fmt: skip
    units = (done - limit) / 60
    found = breach(setting, text, values, person_id=one.person.person_id, units=units)
    return replace(found, on=last)


def _max_duties(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    setting = at(board.problem.last)
    limits = [c.max_duties for c in one.person.contracts if c.max_duties is not None]
    if setting is None or not limits:
        return
    duties = [work for work in one.planned if work.post.kind is Kind.DUTY]
    if len(duties) > max(limits):
        text = N_("{person} has {done} duties in the period, {limit} at most")
        values = {"person": one.person.name, "done": str(len(duties)), "limit": str(max(limits))}
        units = len(duties) - max(limits)
        person_id = one.person.person_id
        yield breach(setting, text, values, works=duties, person_id=person_id, units=units)


RULES = (
    Rule(
        code="week_hours",
        says=N_("A hospital doctor works 48 hours a week at most, averaged over 4 months."),
        by_person=_average(_HOSPITAL),
        statuses=_HOSPITAL,
    ),
    Rule(
        code="half_days",
        says=N_(
            "Who is no volunteer for extra time works the half-days of the contract at most; "
            "a night counts two."
        ),
        by_person=_too_many(_HOSPITAL, volunteers=False),
        statuses=_HOSPITAL,
    ),
    Rule(
        code="half_days_private",
        says=N_("A private doctor works the half-days agreed in the group at most."),
        by_person=_too_many(_PRIVATE, volunteers=False),
        statuses=_PRIVATE,
    ),
    Rule(
        code="extra_time",
        says=N_("Extra time of volunteers is kept low."),
        by_person=_too_many(_HOSPITAL | _PRIVATE, volunteers=True),
        statuses=_HOSPITAL | _PRIVATE,
    ),
    Rule(
        code="technologist_week",
        says=N_(
            "A technologist or secretary of a hospital works 44 hours a week, without extra time."
        ),
        by_person=_week_limit(HOSPITAL_STAFF, but_extra=True),
        statuses=HOSPITAL_STAFF,
    ),
    Rule(
        code="technologist_seven_days",
        says=N_("A technologist or secretary of a hospital works 48 hours at most in any 7 days."),
        by_person=_seven_days,
        statuses=HOSPITAL_STAFF,
    ),
    Rule(
        code="employee_week",
        says=N_("An employee of a practice works 48 hours a week at most."),
        by_person=_week_limit(_EMPLOYEES, but_extra=False),
        statuses=_EMPLOYEES,
    ),
    Rule(
        code="employee_twelve_weeks",
        says=N_("An employee of a practice works 44 hours a week at most, averaged over 12 weeks."),
        by_person=_average(_EMPLOYEES),
        statuses=_EMPLOYEES,
    ),
    Rule(
        code="max_duties",
        says=N_("Nobody holds more duties in a period than the contract allows."),
        by_person=_max_duties,
        statuses=_EVERYBODY,
    ),
)
