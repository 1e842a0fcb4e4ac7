"""Rules of rest: between two days of work, after a long one, in a week and in a fortnight."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from plateau.kernel.words import N_
from plateau.planning.roster.board import At, Board, Stretch, Work, Worker, monday_of, week_of
from plateau.planning.roster.rules.rule import Rule, breach, hours
from plateau.planning.roster.types import HOSPITAL_STAFF, Breach, Setting, Status

DOCTORS = frozenset({Status.HOSPITAL, Status.PRIVATE})
_HOSPITAL = frozenset({Status.HOSPITAL})
_EMPLOYEES = frozenset({Status.PRIVATE_TECHNOLOGIST, Status.SECRETARY})

Owed = Callable[[Setting, Stretch], float]  # the minutes of rest that follow some work


def applies(one: Worker, day: int, statuses: frozenset[Status]) -> bool:
    """Whether a rule for some statuses is for somebody on a day."""
    contract = one.contract(day)
    return contract is not None and contract.status in statuses


def _daily(setting: Setting, before: Stretch) -> float:
    return 60 * setting.numbers["hours"]


def _technologist(setting: Setting, before: Stretch) -> float:
    by_derogation = setting.numbers.get("by_derogation", 0) > 0
    return 60 * setting.numbers["derogation_hours" if by_derogation else "hours"]


def _as_long(setting: Setting, before: Stretch) -> float:
    return before.minutes if before.minutes > 60 * setting.numbers["over_hours"] else 0


def _after_long_night(setting: Setting, before: Stretch) -> float:
    needed = 60 * setting.numbers["night_hours"]
    long = any(work.is_night and work.end - work.start >= needed for work in before.works)
    return 60 * setting.numbers["rest_hours"] if long else 0


OWED: Mapping[str, tuple[Owed, frozenset[Status]]] = {
    "daily_rest": (_daily, _HOSPITAL),
    "daily_rest_private": (_daily, frozenset({Status.PRIVATE})),
    "daily_rest_technologist": (_technologist, HOSPITAL_STAFF),
    "daily_rest_employee": (_daily, _EMPLOYEES),
    "rest_equal": (_as_long, _HOSPITAL),
    "rest_long_night": (_after_long_night, DOCTORS),
}


def _rests(code: str) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule of rest between two pieces of work."""
    owed, statuses = OWED[code]

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        for rest in one.rests:
            setting = at(rest.after.works[0].post.on)
            if setting is None:
                continue
            needed = owed(setting, rest.before)
            if rest.minutes < needed and applies(one, rest.day, statuses):
                yield _short(setting, one, (rest.before, rest.after), needed)

    return look


def _short(setting: Setting, one: Worker, pair: tuple[Stretch, Stretch], needed: float) -> Breach:
    before, after = pair
    last = max(before.works, key=lambda work: work.end)
    values = {
        "person": one.person.name,
        "rest": hours(max(0, after.start - before.end)),
        "needed": hours(needed),
        "before": last.post.name,
        "after": after.first.post.name,
        "day": f"{after.first.post.on}",
    }
    text = N_("{person} rests {rest} between {before} and {after} on {day}, {needed} are owed")
    works = (last, after.first)
    return breach(setting, text, values, works=works, person_id=one.person.person_id)


def _longest(
    text: str, statuses: frozenset[Status]
) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule on the length of work done in one go."""

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        for stretch in one.stretches:
            if stretch.minutes <= 480 or not stretch.works[-1].is_planned:
                continue
            setting = at(stretch.first.post.on)
            if setting is None or stretch.minutes <= 60 * setting.numbers["hours"]:
                continue
            if applies(one, stretch.first.day, statuses):
                values = {"person": one.person.name, "done": hours(stretch.minutes),
                          "day": f"{stretch.first.post.on}",
                          "limit": hours(60 * setting.numbers["hours"])}  # fmt: skip
                person_id = one.person.person_id
                yield breach(setting, text, values, works=stretch.works, person_id=person_id)

    return look


def _weekly_rest(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    rests = _longest_rests(one)
    for week, works in by_week(one).items():
        setting = at(works[-1].post.on)
        if setting is None or not works[-1].is_planned:
            continue
        longest, needed = rests.get(week, 0), 60 * setting.numbers["hours"]
        if longest < needed and applies(one, works[-1].day, HOSPITAL_STAFF):
            text = N_("{person} rests {rest} in a row in the week of {day}, {needed} are owed")
            values = {"person": one.person.name, "rest": hours(longest),
                      "day": f"{works[0].post.on}", "needed": hours(needed)}  # fmt: skip
            person_id = one.person.person_id
            yield breach(setting, text, values, works=works, person_id=person_id)


def by_week(one: Worker) -> dict[int, list[Work]]:
    """The work of each week from Monday to Sunday."""
    weeks: dict[int, list[Work]] = {}
    for work in one.works:
        weeks.setdefault(week_of(work.day), []).append(work)
    return weeks


_DAY_ONE = date(1970, 1, 1).toordinal()
_MARGIN = 36 * 60  # what nobody planned before the first work, and after the last, is rest


def _longest_rests(one: Worker) -> dict[int, int]:
    """The longest rest of each week; one that spans two weeks is of that of its middle.

    Half of it counts for the week where it begins, half for that where it ends: before a long
    leave, a week has its rest as well.
    """
    longest: dict[int, int] = {}
    until = one.works[0].start - _MARGIN if one.works else 0
    for start, end in (*((work.start, work.end) for work in one.works), _after(one.works)):
        if start > until:
            half = (start - until - 1) // 2  # less than 36 hours of a rest of 72 or less
            parts = ((until + half, start - until), (until, half), (start - 1, half))
            for moment, rest in parts:
                week = week_of(moment // 1440 + _DAY_ONE)
                longest[week] = max(longest.get(week, 0), rest)
        until = max(until, end)
    return longest


def _after(works: Sequence[Work]) -> tuple[int, int]:
    last = max((work.end for work in works), default=0)
    return last + _MARGIN, last + _MARGIN


def _fortnight_rest(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    first, last = board.problem.first.toordinal(), board.problem.last.toordinal()
    weeks = by_week(one)
    for week in range(week_of(first + 6), week_of(last - 6), 2):  # whole weeks, by two
        works = [*weeks.get(week, ()), *weeks.get(week + 1, ())]
        setting = at(works[-1].post.on) if works else None
        if setting is None or not applies(one, works[-1].day, HOSPITAL_STAFF):
            continue
        earlier = [*weeks.get(week - 1, ()), *works]  # a night of the Sunday before is worked on
        worked = {day for work in earlier for day in days_worked(work, board.problem.zone)}
        monday = monday_of(week)
        free = set(range(monday, monday + 14)) - worked
        sundays = free & {monday + 6, monday + 13}
        pair = any({sunday - 1, sunday + 1} & free for sunday in sundays)
        if len(free) < setting.numbers["days"] or not pair:
            yield _tired(setting, one, works, free)


def days_worked(work: Work, zone: ZoneInfo) -> range:
    """The local days on which a post is worked: a night is on two."""
    if work.end - work.start < 300:
        return range(work.day, work.day + 1)
    last = (work.post.ends_at - timedelta(minutes=1)).astimezone(zone).toordinal()
    return range(work.day, last + 1)


def _tired(setting: Setting, one: Worker, works: list[Work], free: set[int]) -> Breach:
    text = N_(
        "{person} has {free} days of rest in the fortnight of {day}: {needed} are owed, "
        "{together} of them together with a Sunday"
    )
    values = {"person": one.person.name, "free": str(len(free)), "day": f"{works[0].post.on}",
              "needed": f"{setting.numbers['days']:.0f}",
              "together": f"{setting.numbers['together']:.0f}"}  # fmt: skip
    return breach(setting, text, values, works=works, person_id=one.person.person_id)


def _rest(code: str, says: str) -> Rule:
    return Rule(code=code, says=says, by_person=_rests(code), statuses=OWED[code][1])


_GO = N_("{person} works {done} in one go from {day}, {limit} at most")
RULES = (
    _rest("daily_rest", N_("Hospital doctors rest 11 hours in a row between two days of work.")),
    _rest(
        "daily_rest_private", N_("Private doctors rest 11 hours in a row, as the group decided.")
    ),
    _rest(
        "daily_rest_technologist",
        N_("Technologists and secretaries of hospitals rest 12 hours, 11 by derogation."),
    ),
    _rest("daily_rest_employee", N_("Employees of a practice rest 11 hours in a row.")),
    _rest("rest_equal", N_("After long work in one go, a hospital doctor rests as long at once.")),
    _rest("rest_long_night", N_("After a night from 18:00 to 08:00, a doctor rests 14 hours.")),
    Rule(
        code="in_one_go",
        says=N_("A doctor works 24 hours at most in one go."),
        by_person=_longest(_GO, DOCTORS),
        statuses=DOCTORS,
    ),
    Rule(
        code="technologist_day",
        says=N_("The day of a technologist or secretary of a hospital has 12 hours at most."),
        by_person=_longest(_GO, HOSPITAL_STAFF),
        statuses=HOSPITAL_STAFF,
    ),
    Rule(
        code="weekly_rest",
        says=N_("Technologists and secretaries of hospitals rest 36 hours in a row each week."),
        by_person=_weekly_rest,
        statuses=HOSPITAL_STAFF,
    ),
    Rule(
        code="fortnight_rest",
        says=N_("Staff of hospitals have 4 days of rest in a fortnight, 2 together with a Sunday."),
        by_person=_fortnight_rest,
        statuses=HOSPITAL_STAFF,
    ),
)
