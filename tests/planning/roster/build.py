"""Small problems, written in a few words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from plateau.kernel import holidays
from plateau.kernel.ids import LineId, MemberId, PersonId, SiteId
from plateau.kernel.time import instant
from plateau.planning.roster import law
from plateau.planning.roster.check import check
from plateau.planning.roster.types import (
    Assignment,
    Breach,
    Contract,
    Half,
    Held,
    Kind,
    Person,
    Post,
    Problem,
    Roster,
    Setting,
    Span,
    Status,
)

_IDS = UUID("2c1f4f0e-2d2b-5d3e-9d0a-7b6d1c5e4f30")
MONDAY = date(2027, 1, 4)
ALWAYS = Span(first=date(2020, 1, 1))
SITE, AWAY = (SiteId(uuid5(_IDS, name)) for name in ("site", "away"))
LINE = LineId(uuid5(_IDS, "line"))
OURS, THEIRS = (MemberId(uuid5(_IDS, name)) for name in ("ours", "theirs"))
ALL = frozenset(Status)


def person(
    name: str = "Dr Amaia SPÉCIMEN", *, status: Status = Status.HOSPITAL, **more: object
) -> Person:
    """Somebody able to do everything."""
    made = Person(
        person_id=PersonId(uuid5(_IDS, name)),
        name=name,
        member_id=OURS,
        home_site_id=SITE,
        contracts=(Contract(span=ALWAYS, status=status),),
        skills=(Held(what="CT", span=ALWAYS),),
        privileges=tuple(Held(what=str(site), span=ALWAYS) for site in (SITE, AWAY)),
        lines=frozenset({LINE}),
    )
    return replace(made, **more)  # pyright: ignore[reportArgumentType]  # fields of Person


def contracted(share: float = 1.0, **more: object) -> tuple[Contract, ...]:
    """One contract, for always."""
    made = Contract(span=ALWAYS, status=Status.HOSPITAL, share=share)
    return (replace(made, **more),)  # pyright: ignore[reportArgumentType]  # fields of Contract


def post(on: date, start: time, end: time, **more: object) -> Post:
    """Work between two hours, on the next day when it ends before it begins."""
    overnight = end <= start
    made = Post(
        post_id=uuid5(_IDS, f"{on}/{start}/{end}/{sorted(more.items(), key=str)}"),
        kind=Kind.SESSION,
        on=on,
        half=Half.MORNING if start < time(12) else Half.AFTERNOON,
        starts_at=instant(on, start),
        ends_at=instant(on + timedelta(days=overnight), end),
        site_id=SITE,
        name=f"Poste {start:%H:%M}",
        statuses=ALL,
    )
    return replace(made, **more)  # pyright: ignore[reportArgumentType]  # fields of Post


def morning(on: date, **more: object) -> Post:
    return post(on, time(8, 30), time(12, 30), **more)


def afternoon(on: date, **more: object) -> Post:
    return post(on, time(13, 30), time(17, 30), **more)


def night(on: date, start: time = time(20), **more: object) -> Post:
    return post(
        on, start, time(8), kind=Kind.DUTY, half=Half.NIGHT, line_id=LINE,
        **({"name": f"Nuit du {on}"} | more),
    )  # fmt: skip


def day_duty(on: date, **more: object) -> Post:
    return post(on, time(8), time(20), kind=Kind.DUTY, line_id=LINE, **more)


def problem(posts: Sequence[Post], people: Sequence[Person], **more: object) -> Problem:
    """These posts and people, over whole weeks."""
    days = sorted(one.on for one in posts) or [MONDAY]
    first = days[0] - timedelta(days=days[0].weekday())
    last = days[-1] + timedelta(days=6 - days[-1].weekday())
    made = Problem(
        first=first,
        last=last,
        people=tuple(people),
        posts=tuple(posts),
        settings=law.settings(),
        holidays=holidays.between(first, last),
        travel_minutes={(SITE, AWAY): 50},
    )
    return replace(made, **more)  # pyright: ignore[reportArgumentType]  # fields of Problem


def all_held(made: Problem, person_id: PersonId) -> Roster:
    """Somebody holds every post."""
    return Roster(assignments=frozenset(Assignment(one.post_id, person_id) for one in made.posts))


def alone(posts: Sequence[Post], who: Person | None = None, **more: object) -> list[Breach]:
    """What is wrong when one person holds every one of these posts."""
    someone = who or person()
    made = problem(posts, [someone], **more)
    return check(made, all_held(made, someone.person_id))


def codes(breaches: Sequence[Breach]) -> set[str]:
    """The hard rules that are not kept."""
    return {one.rule for one in breaches if one.is_hard}


def words(breaches: Sequence[Breach], rule: str) -> str:
    """What is said of the first breach of a rule."""
    found = next(one for one in breaches if one.rule == rule)
    return found.text.format(**found.values)


def on(day: int) -> date:
    """A day counted from the first Monday."""
    return MONDAY + timedelta(days=day)


def later(at: time, minutes: int) -> time:
    """An hour some minutes later."""
    return (datetime.combine(MONDAY, at) + timedelta(minutes=minutes)).time()


def decided(rule: str, **more: object) -> tuple[Setting, ...]:
    """The law, and one more decision."""
    return (*law.settings(), Setting(rule=rule, **more))  # pyright: ignore[reportArgumentType]
