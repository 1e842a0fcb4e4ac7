"""What the pages of a roster show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from plateau.kernel import holidays
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PersonId
from plateau.kernel.time import local
from plateau.planning.publication import grid, reasons
from plateau.planning.publication.grid import Content, Grid
from plateau.planning.publication.queries import making, versions
from plateau.planning.publication.reasons import Reason
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import living
from plateau.planning.publication.service.desk import Desk
from plateau.planning.publication.types import Judged, Period, PostRow, Version
from plateau.planning.roster import targets
from plateau.planning.roster.board import lay_out
from plateau.planning.roster.replace import Candidate
from plateau.planning.roster.rules.catalogue import RULES
from plateau.planning.roster.rules.fair import sessions_by_member, share_deviations
from plateau.planning.roster.types import (
    Assignment,
    Burden,
    Person,
    Post,
    Problem,
    Roster,
    Setting,
)
from plateau.platform.db import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A roster on the page: the table, its version, and what is wrong with it."""

    period: Period
    version: Version | None
    published: Version | None
    drafts: Sequence[Version]
    grid: Grid
    beside: Grid | None
    judged: Judged | None
    uncovered: Sequence[PostRow]
    edits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostShown:
    """A post, who holds it, who could, and who cannot and why."""

    period: Period
    version: Version | None
    post: Post
    holders: Sequence[Person]
    candidates: Sequence[Candidate]
    unable: Sequence[tuple[Person, Reason]]
    is_past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fair:
    """What each person did of a burden against their part of it."""

    burden: Burden
    says: str
    least: float  # no roster has a smaller largest deviation
    rows: Sequence[tuple[str, float, int, float]]  # name, target, done, carried over


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A rule as it was decided: what it asks, where that was read, and whether it was."""

    says: str
    setting: Setting


def period_for(tx: Tx, on: date) -> Period | None:
    """The period of a day; else the next one, else the last one."""
    found = sorted(versions.periods(tx), key=lambda one: one.first_on)
    holding = [one for one in found if one.first_on <= on <= one.last_on]
    after = [one for one in found if one.first_on > on]
    return next(iter([*holding, *after, *reversed(found)]), None)


def shown(
    tx: Tx, caller: Caller, asked: grid.Asked, *, desk: Desk, beside: bool, now: datetime
) -> Shown:
    """The table of a version at the caller's sites; drafts are for coordinators."""
    is_boss = caller.is_one_of(*desks.COORDINATORS)
    if desk.version is not None and desk.version.state != "published" and not is_boss:
        raise NotFoundError("there is no such roster")
    posts = versions.posts(
        tx,
        first=max(asked.first, desk.period.first_on),
        last=min(asked.last, desk.period.last_on),
        sites=caller.sites,
        person_id=caller.person_id,
    )
    people = _people(desk.problem, posts, desk.held | desk.current, everybody=is_boss)
    is_draft = desk.version is not None and desk.version.is_draft
    against = {(o.post_id, o.person_id) for o in desk.current} if is_draft else None
    content = _content(desk, posts, people, desk.held, frozenset(against) if against else None)
    other = _content(desk, posts, people, desk.current, None) if beside and is_draft else None
    judged = desk.judged() if is_boss and desk.version else None
    return Shown(
        period=desk.period,
        version=desk.version,
        published=desk.published,
        drafts=_drafts(tx, desk.period.period_id) if is_boss else (),
        grid=grid.lay(content, asked),
        beside=grid.lay(other, asked) if other else None,
        judged=judged,
        uncovered=_uncovered(posts, desk.held, now) if desk.version else (),
        edits=versions.edits(tx, desk.version.version_id) if is_draft and desk.version else 0,
    )


def _drafts(tx: Tx, period_id: UUID) -> list[Version]:
    return [one for one in versions.versions(tx, period_id) if one.is_draft]


def _uncovered(
    posts: Sequence[PostRow], held: frozenset[Assignment], now: datetime
) -> list[PostRow]:
    counts: dict[UUID, int] = {}
    for one in held:
        counts[one.post_id] = counts.get(one.post_id, 0) + 1
    return [p for p in posts if counts.get(p.post_id, 0) < p.needed and p.ends_at > now]


def _people(
    problem: Problem, posts: Sequence[PostRow], held: frozenset[Assignment], *, everybody: bool
) -> dict[PersonId, str]:
    names = {person.person_id: person.name for person in problem.people}
    if everybody:
        return names
    seen = {post.post_id for post in posts}
    mine = {one.person_id for one in held if one.post_id in seen}
    return {person_id: name for person_id, name in names.items() if person_id in mine}


def _content(
    desk: Desk,
    posts: Sequence[PostRow],
    people: Mapping[PersonId, str],
    held: frozenset[Assignment],
    against: frozenset[tuple[UUID, PersonId]] | None,
) -> Content:
    ids = {post.post_id for post in posts}
    return Content(
        posts=posts,
        held=frozenset(one for one in held if one.post_id in ids),
        against=against,
        people=people,
        away={
            person.person_id: frozenset(_days_away(person, desk.period))
            for person in desk.problem.people
            if person.leave
        },
        holidays=holidays.between(desk.period.first_on, desk.period.last_on),
    )


def _days_away(person: Person, period: Period) -> list[date]:
    days = (period.last_on - period.first_on).days + 1
    all_days = (period.first_on + timedelta(days=n) for n in range(days))
    return [day for day in all_days if person.is_on_leave(day)]


def post(
    tx: Tx, caller: Caller, post_id: UUID, *, version_id: UUID | None, now: datetime
) -> PostShown:
    """A post of a version (what is published when none is given), and who could take it."""
    period_id = living.period_of(tx, post_id)
    if version_id and caller.is_one_of(*desks.COORDINATORS):
        desk = desks.of_version(tx, version_id, now=now)
    else:
        desk = desks.of_period(tx, period_id, now=now)
    found = desk.posts.get(post_id)
    if found is None or not _may_see(tx, caller, found):
        raise NotFoundError("there is no such post")
    people = desk.people
    holders = [o.person_id for o in sorted(desk.held, key=_seat) if o.post_id == post_id]
    is_boss = caller.is_one_of(*desks.COORDINATORS)
    return PostShown(
        period=desk.period,
        version=desk.version,
        post=found,
        holders=[people[p] for p in holders if p in people],
        candidates=living.candidates_for(tx, desk, post_id, now=now) if is_boss else (),
        unable=reasons.unable(desk.problem.people, found) if is_boss else (),
        is_past=found.starts_at <= now,
    )


def _seat(one: Assignment) -> int:
    return one.position


def _may_see(tx: Tx, caller: Caller, found: Post) -> bool:
    rows = versions.posts(
        tx, first=found.on, last=found.on, sites=caller.sites, person_id=caller.person_id
    )
    return any(row.post_id == found.post_id for row in rows)


def equity(tx: Tx, period_id: UUID, *, now: datetime) -> list[Fair]:
    """Target against done of each burden in what is published of a period."""
    desk = desks.of_period(tx, period_id, now=now)
    return fair(desk.problem, desk.current)


def fair(problem: Problem, held: frozenset[Assignment]) -> list[Fair]:
    """Target against done of each burden of a roster, people by name."""
    done = targets.done(problem, Roster(assignments=held))
    names = {person.person_id: person.name for person in problem.people}
    return [
        Fair(
            burden=burden,
            says=RULES[f"fair_{burden.value}"].says,
            least=part.least,
            rows=sorted(
                (names[p], share.target, done[burden][p], problem.carried.get((p, burden), 0.0))
                for p, share in part.parts.items()
            ),
        )
        for burden, part in targets.fairness(problem).items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The sessions of a family of machines: what each member's people hold against its share."""

    family: str
    tolerance: float
    rows: Sequence[tuple[str, float, int, float]]  # name, target, done, carried over


def shared(problem: Problem, held: frozenset[Assignment]) -> list[Shared]:
    """Target against done of each share of a roster, members by name."""
    board = lay_out(problem, Roster(assignments=held))
    found: list[Shared] = []
    for share in problem.shares:
        by_member = share_deviations(share, sessions_by_member(board, share.family))
        rows = [
            (problem.members.get(one, "?"), target, done, share.carried.get(one, 0.0))
            for one, (done, target) in by_member.items()
        ]
        found.append(Shared(family=share.family, tolerance=share.tolerance, rows=sorted(rows)))
    return found


def laws(problem: Problem) -> list[Law]:
    """The rules of a problem as they were decided, those of the law file first."""
    return [Law(says=RULES[one.rule].says, setting=one) for one in problem.settings]


def duties_of_month(tx: Tx, caller: Caller, first: date) -> list[tuple[str, ...]]:
    """The published duties of a month at the caller's sites: day, line, site, who, from, until."""
    _, last = grid.window("month", first)
    posts = versions.posts(
        tx, first=first, last=last, sites=caller.sites, person_id=caller.person_id
    )
    seen = {post.post_id for post in posts if post.kind == "duty"}
    rows: list[tuple[str, ...]] = []
    start = datetime.combine(first, datetime.min.time()).astimezone()
    end = datetime.combine(last + timedelta(days=2), datetime.min.time()).astimezone()
    for held in versions.held_by(tx, None, since=start, until=end):
        if held.post_id in seen:
            hours = [f"{local(at):%d/%m %H:%M}" for at in (held.starts_at, held.ends_at)]
            rows.append(
                (f"{held.day}", held.name, held.site_name, held.person_name, str(held.position),
                 *hours)
            )  # fmt: skip
    return rows


def leniencies(tx: Tx, period_id: UUID) -> tuple[Sequence[object], Sequence[object]]:
    """What was relaxed and what was accepted in a period."""
    return making.relaxed(tx, period_id), making.accepted(tx, period_id)
