"""A roster as a table: people, sites, machines or lines against half-days or days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.publication.types import Period, PostRow
from plateau.planning.roster.types import Assignment

HALVES = ("M", "A", "N")
VIEWS = {"week": 7, "month": 31, "quarter": 92}
AXES = ("person", "site", "machine", "line")
_SHORT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing in a cell: a post (by person), or who holds it (by post)."""

    post_id: UUID
    person_id: PersonId | None
    text: str
    title: str
    kind: str  # duty, CT, MR, other, missing
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A day or half-day of a row."""

    key: str  # day, or day and half-day
    chips: tuple[Chip, ...]
    is_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table."""

    key: str
    name: str
    count: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A day: how many posts lack somebody, by half-day."""

    on: date
    is_off: bool
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The whole table."""

    by: str
    has_halves: bool
    days: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the table is to show."""

    by: str
    view: str
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Each day of it."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the table is made of."""

    posts: Sequence[PostRow]
    held: frozenset[Assignment]
    against: frozenset[tuple[UUID, PersonId]] | None  # what it is compared with
    people: Mapping[PersonId, str]
    away: Mapping[PersonId, frozenset[date]]
    holidays: frozenset[date]


def window(view: str, on: date) -> tuple[date, date]:
    """The days of the week, month or quarter of a day."""
    if view == "week":
        first = on - timedelta(days=on.weekday())
        return first, first + timedelta(days=6)
    months = 3 if view == "quarter" else 1
    start = months * ((on.month - 1) // months) + 1
    first = date(on.year, start, 1)
    after = date(on.year + (start + months > 12), (start + months - 1) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def within(period: Period, first: date, last: date) -> tuple[date, date]:
    """The days of them that a period has; all of them when it has none."""
    if last < period.first_on or period.last_on < first:
        return first, last
    return max(first, period.first_on), min(last, period.last_on)


def short(post: PostRow) -> str:
    """A post in a few letters."""
    text = post.machine or post.name.split()[0].strip(",;:")
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def kind(post: PostRow) -> str:
    """How a post is drawn: duties, CT, MR, and the rest."""
    if post.kind == "duty":
        return "duty"
    code = (post.machine or post.name)[:2].upper()
    return {"CT": "CT", "TD": "CT", "SC": "CT", "MR": "MR", "IR": "MR"}.get(code, "other")


def lay(content: Content, asked: Asked) -> Grid:
    """The table that is asked for."""
    has_halves = asked.view == "week"
    short_of = _missing(content)
    by_row = _by_person(content) if asked.by == "person" else _by_post(content, asked.by)
    cells: dict[tuple[str, str], list[Chip]] = defaultdict(list)
    for row, post, chip in by_row:
        cells[row, _key(post, has_halves)].append(chip)
    missing: dict[date, dict[str, int]] = defaultdict(dict)
    for post in content.posts:
        if short_of[post.post_id]:
            counts = missing[post.day]
            counts[post.half] = counts.get(post.half, 0) + short_of[post.post_id]
    columns = tuple(
        Column(on=day, is_off=day.weekday() > 4 or day in content.holidays, missing=missing[day])
        for day in asked.days
    )
    lines = tuple(
        _line(key, name, cells, content.away.get(person, frozenset()), columns, has_halves)
        for key, name, person in _rows(content, asked.by)
    )
    return Grid(by=asked.by, has_halves=has_halves, days=columns, lines=lines)


def _line(
    key: str,
    name: str,
    cells: Mapping[tuple[str, str], list[Chip]],
    away: frozenset[date],
    columns: Sequence[Column],
    has_halves: bool,
) -> Line:
    made = tuple(
        Cell(key=at, chips=tuple(cells.get((key, at), ())), is_away=column.on in away)
        for column in columns
        for at in _keys(column.on, has_halves)
    )
    return Line(key=key, name=name, count=sum(len(c.chips) for c in made), cells=made)


def _keys(day: date, has_halves: bool) -> list[str]:
    return [f"{day}.{half}" for half in HALVES] if has_halves else [f"{day}"]


def _key(post: PostRow, has_halves: bool) -> str:
    return f"{post.day}.{post.half}" if has_halves else f"{post.day}"


def _missing(content: Content) -> dict[UUID, int]:
    counts: dict[UUID, int] = defaultdict(int)
    for one in content.held:
        counts[one.post_id] += 1
    return {post.post_id: max(0, post.needed - counts[post.post_id]) for post in content.posts}


def _rows(content: Content, by: str) -> list[tuple[str, str, PersonId]]:
    nobody = PersonId(UUID(int=0))
    if by == "person":
        people = sorted(content.people.items(), key=lambda one: (_surname(one[1]), one[1]))
        return [(str(person_id), name, person_id) for person_id, name in people]
    return [(key, key, nobody) for key in sorted({_axis(post, by) for post in content.posts})]


def _surname(name: str) -> str:
    return name.rsplit(maxsplit=1)[-1] if name.split() else name


def _axis(post: PostRow, by: str) -> str:
    if by == "site":
        return post.site_name
    if by == "line":
        return post.name if post.kind == "duty" else "—"
    return f"{post.machine or post.name} · {post.site_code}"


def _by_person(content: Content) -> Iterable[tuple[str, PostRow, Chip]]:
    posts = {post.post_id: post for post in content.posts}
    for one in sorted(content.held, key=lambda a: (a.person_id, a.post_id)):
        post = posts.get(one.post_id)
        if post is not None:
            chip = Chip(
                post_id=post.post_id,
                person_id=one.person_id,
                text=short(post),
                title=post.name,
                kind=kind(post),
                differs=_differs(content, one),
            )
            yield str(one.person_id), post, chip


def _differs(content: Content, one: Assignment) -> bool:
    if content.against is None:
        return False
    return (one.post_id, one.person_id) not in content.against


def _by_post(content: Content, by: str) -> Iterable[tuple[str, PostRow, Chip]]:
    holders: dict[UUID, list[Assignment]] = defaultdict(list)
    for one in sorted(content.held, key=lambda a: (a.post_id, a.position)):
        holders[one.post_id].append(one)
    for post in content.posts:
        for one in holders[post.post_id]:
            name = content.people.get(one.person_id, "?")
            yield _axis(post, by), post, Chip(
                post_id=post.post_id, person_id=one.person_id, text=_surname(name).capitalize(),
                title=f"{post.name} · {name}", kind=kind(post), differs=_differs(content, one),
            )  # fmt: skip
        for _ in range(post.needed - len(holders[post.post_id])):
            yield _axis(post, by), post, Chip(
                post_id=post.post_id, person_id=None, text="", title=post.name, kind="missing"
            )  # fmt: skip


def some(grid: Grid, keys: Iterable[tuple[str, str]]) -> list[tuple[str, Cell]]:
    """The cells of some rows and keys, for a page that has the others already."""
    wanted = set(keys)
    return [
        (line.key, cell)
        for line in grid.lines
        for cell in line.cells
        if (line.key, cell.key) in wanted
    ]
