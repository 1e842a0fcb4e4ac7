"""The rules of a problem as they hold day by day, and what they ask of one person on one post."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from plateau.kernel.ids import PersonId
from plateau.planning.roster import spans
from plateau.planning.roster.types import (
    Half,
    Kind,
    Person,
    Post,
    Problem,
    Setting,
    Status,
    Wish,
    WishKind,
)

LONG = timedelta(hours=8)  # a duty as long as this is a whole night or day: two half-days
_FAR = timedelta(hours=48)  # no post and the rest it asks for are as long
JOINED = timedelta(hours=11)  # work of one day with less than this between is done in one go
_REST = {
    Status.HOSPITAL: "daily_rest",
    Status.PRIVATE: "daily_rest_private",
    Status.HOSPITAL_TECHNOLOGIST: "daily_rest_technologist",
    Status.HOSPITAL_SECRETARY: "daily_rest_technologist",
    Status.PRIVATE_TECHNOLOGIST: "daily_rest_employee",
    Status.SECRETARY: "daily_rest_employee",
}
DOCTORS = frozenset({Status.HOSPITAL, Status.PRIVATE})


@dataclass(slots=True)
class Book:
    """The settings of a problem, by rule; the last decided for a day is the one that holds."""

    problem: Problem
    by_rule: dict[str, list[Setting]] = field(default_factory=lambda: defaultdict(list))
    _clashes: dict[object, str | None] = field(default_factory=dict)
    _known: dict[tuple[str, date], Setting | None] = field(default_factory=dict)
    _sure: dict[PersonId, "Sure"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.problem.settings:
            self.by_rule[one.rule].append(one)

    def of(self, rule: str, on: date) -> Setting | None:
        """A rule as it holds on a day; none when it is off."""
        key = (rule, on)
        if key not in self._known:
            found = [one for one in self.by_rule.get(rule, ()) if one.span.holds(on)]
            self._known[key] = found[-1] if found and found[-1].is_on else None
        return self._known[key]

    def clash(self, person: Person, one: Post, other: Post) -> str | None:
        """As the function `clash`, remembered for posts and people alike."""
        if not -_FAR < one.starts_at - other.starts_at < _FAR:
            return None
        status = person.contracts[0].status if len(person.contracts) == 1 else person.person_id
        key = (status, *_shape(one), *_shape(other))
        if key not in self._clashes:
            self._clashes[key] = clash(self, person, one, other)
        return self._clashes[key]

    def sure(self, person: Person) -> "Sure":
        """What holds for somebody over the whole problem."""
        found = self._sure.get(person.person_id)
        if found is None or found.person is not person:
            found = self._sure[person.person_id] = Sure.of(self.problem, person)
        return found

    def number(self, rule: str, name: str, on: date) -> float | None:
        """A number of a hard rule on a day; none when the rule is off, or soft."""
        found = self.of(rule, on)
        return found.numbers.get(name) if found and found.is_hard else None

    def weight(self, rule: str, on: date) -> int:
        """The price of a soft rule on a day; zero when it is off."""
        found = self.of(rule, on)
        return 0 if found is None or found.is_hard else found.weight


@dataclass(frozen=True, slots=True)
class Sure:
    """What need not be asked day after day: rights that always hold, days of leave, wishes."""

    person: Person
    status: Status | None  # of the contract of the whole time, when there is one
    skills: frozenset[str | None]
    sites: frozenset[str]
    away: frozenset[int]  # days of leave, as ordinals
    promised: Mapping[date, Sequence[Wish]]  # days off

    @staticmethod
    def of(problem: Problem, person: Person) -> "Sure":
        """What a problem says of somebody."""
        sole = spans.sole_contract(person, problem)
        promised: dict[date, list[Wish]] = defaultdict(list)
        for wish in person.wishes:
            if wish.is_hard and wish.kind is WishKind.OFF:
                promised[wish.on].append(wish)
        return Sure(
            person=person,
            status=sole.status if sole else None,
            skills=spans.always(person.skills, problem) | {None},
            sites=spans.always(person.privileges, problem),
            away=spans.days_of(person.leave, problem),
            promised=promised,
        )


def _shape(post: Post) -> tuple[object, ...]:
    """What a post's clashes depend on."""
    return (post.starts_at, post.ends_at, post.site_id, post.kind)


def lacks(person: Person, post: Post, sure: Sure | None = None) -> list[str]:
    """The rules that say somebody cannot hold a post, whatever else they do."""
    found: list[str] = []
    if not _has_status(person, post, sure):
        found.append("contract")
    if not (sure and post.skill in sure.skills) and not (
        post.skill is None or person.has(post.skill, post.on)
    ):
        found.append("skill")
    if not (sure and str(post.site_id) in sure.sites) and not person.may_work_at(
        post.site_id, post.on
    ):
        found.append("privilege")
    if post.line_id is not None and post.line_id not in person.lines:
        found.append("line")
    if post.on.toordinal() in sure.away if sure else person.is_on_leave(post.on):
        found.append("leave")
    wishes = sure.promised.get(post.on, ()) if sure else person.wishes
    if any(wish.is_hard and goes_against(wish, post) for wish in wishes):
        found.append("wish_hard")
    return found


def _has_status(person: Person, post: Post, sure: Sure | None) -> bool:
    if sure and sure.status is not None:
        return sure.status in post.statuses
    contract = person.contract(post.on)
    return contract is not None and contract.status in post.statuses


def goes_against(wish: Wish, post: Post) -> bool:
    """Whether holding a post is what a wish asks not to do."""
    return wish.kind is WishKind.OFF and wish.on == post.on and wish.half in (None, post.half)


def price(book: Book, person: Person, post: Post) -> int | None:
    """What soft rules charge for somebody on a post; none when a hard one forbids it."""
    charged, sure = 0, book.sure(person)
    for rule in lacks(person, post, sure):
        setting = book.of(rule, post.on)
        if setting is not None and setting.is_hard:
            return None
        charged += setting.weight if setting else 0
    return charged if _has_status(person, post, sure) else None


def status_of(person: Person, on: date) -> Status:
    """Under which law somebody works on a day; the first contract's when there is none."""
    contract = person.contract(on) or person.contracts[0]
    return contract.status


def half_days(post: Post) -> int:
    """How many half-days a post counts: a whole night or day of duty is two."""
    return 2 if is_long(post) else 1


def is_long(post: Post) -> bool:
    """Whether it is a whole night or day of duty."""
    return post.kind is Kind.DUTY and post.length >= LONG


def is_night(post: Post) -> bool:
    """Whether it is a whole night."""
    return is_long(post) and post.half is Half.NIGHT


def clash(book: Book, person: Person, one: Post, other: Post) -> str | None:
    """The rule that forbids somebody to hold both posts, if any; the earlier one is named first.

    It is on the safe side of the rules of the checker: two duties of one day are never joined.
    """
    first, second = sorted((one, other), key=lambda post: (post.starts_at, post.ends_at))
    gap = second.starts_at - first.ends_at
    if gap < timedelta(0):
        return "one_place"
    minutes = book.problem.travel_minutes.get((first.site_id, second.site_id), 0)
    if first.site_id != second.site_id and gap < timedelta(minutes=minutes):
        return "travel"
    if first.on == second.on and gap < JOINED and first.kind is Kind.SESSION:
        return _too_long(book, person, first, second)
    return "daily_rest" if gap < rest_after(book, person, first, on=second.on) else None


def _too_long(book: Book, person: Person, first: Post, second: Post) -> str | None:
    is_doctor = status_of(person, first.on) in DOCTORS
    rule = "in_one_go" if is_doctor else "technologist_day"
    hours = book.number(rule, "hours", first.on)
    if hours is not None and second.ends_at - first.starts_at > timedelta(hours=hours):
        return rule
    return None


def rest_after(
    book: Book, person: Person, post: Post, *, on: date, since: Post | None = None
) -> timedelta:
    """The rest owed before work `on` a day, after a post or all done in one go since another."""
    status = status_of(person, on)
    worked = post.ends_at - (since or post).starts_at
    rest = timedelta(hours=_daily_hours(book, status, on))
    over = book.number("rest_equal", "over_hours", on)
    if status is Status.HOSPITAL and over is not None and worked > timedelta(hours=over):
        rest = max(rest, worked)
    night = book.number("rest_long_night", "night_hours", on)
    if night is not None and is_night(post) and post.length >= timedelta(hours=night):
        hours = book.number("rest_long_night", "rest_hours", on)
        rest = max(rest, timedelta(hours=hours or 0))
    return rest


def _daily_hours(book: Book, status: Status, on: date) -> float:
    rule = _REST[status]
    if book.number(rule, "by_derogation", on):
        return book.number(rule, "derogation_hours", on) or 0.0
    return book.number(rule, "hours", on) or 0.0
