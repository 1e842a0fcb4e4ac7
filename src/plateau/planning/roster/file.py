"""Problems and rosters as JSON files, so that any program can make one, or check one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import MemberId, PersonId, SiteId
from plateau.planning.roster.types import (
    Assignment,
    Burden,
    Override,
    Person,
    Post,
    Problem,
    Roster,
    Setting,
    ShareTarget,
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Travel(_Part):
    """Minutes from a site to another."""

    origin: UUID
    destination: UUID
    minutes: int


class _Carried(_Part):
    """What somebody did before of a burden, less what was due then."""

    person_id: UUID
    burden: Burden
    done: float


class _Before(_Part):
    """Work of the weeks before."""

    post: Post
    assignment: Assignment


class _ProblemFile(_Part):
    """A problem, as it is written."""

    first: date
    last: date
    people: tuple[Person, ...]
    posts: tuple[Post, ...]
    settings: tuple[Setting, ...]
    holidays: tuple[date, ...]
    travel: tuple[_Travel, ...]
    shares: tuple[ShareTarget, ...] = ()
    members: dict[MemberId, str] = {}
    carried: tuple[_Carried, ...] = ()
    before: tuple[_Before, ...] = ()
    published: tuple[Assignment, ...] = ()
    frozen_until: datetime | None = None
    wish_points: int = 20
    zone: ZoneInfo


class _RosterFile(_Part):
    """A roster, as it is written."""

    assignments: tuple[Assignment, ...]
    overrides: tuple[Override, ...] = ()


def write_problem(problem: Problem) -> bytes:
    """A problem as JSON, the same for the same problem."""
    file = _ProblemFile(
        **{name: getattr(problem, name) for name in _AS_THEY_ARE},
        holidays=tuple(sorted(problem.holidays)),
        travel=tuple(
            _Travel(origin=origin, destination=destination, minutes=minutes)
            for (origin, destination), minutes in sorted(problem.travel_minutes.items())
        ),
        carried=tuple(
            _Carried(person_id=person_id, burden=burden, done=done)
            for (person_id, burden), done in sorted(problem.carried.items())
        ),
        before=tuple(_Before(post=post, assignment=held) for post, held in problem.before),
        published=tuple(sorted(problem.published)),
    )
    return file.model_dump_json(indent=1).encode()


_AS_THEY_ARE = ("first", "last", "people", "posts", "settings", "shares", "members",
                "frozen_until", "wish_points", "zone")  # fmt: skip


def read_problem(content: bytes) -> Problem:
    """The problem of a JSON file.

    Raises:
        InvalidInputError: it is not one; every fault is named by its place.
    """
    file = _read(_ProblemFile, content)
    return Problem(
        **{name: getattr(file, name) for name in _AS_THEY_ARE},
        holidays=frozenset(file.holidays),
        travel_minutes={
            (SiteId(one.origin), SiteId(one.destination)): one.minutes for one in file.travel
        },
        carried=_carried(file),
        before=tuple((one.post, one.assignment) for one in file.before),
        published=frozenset(file.published),
    )


def _carried(file: _ProblemFile) -> Mapping[tuple[PersonId, Burden], float]:
    return {(PersonId(one.person_id), one.burden): one.done for one in file.carried}


def write_roster(roster: Roster) -> bytes:
    """A roster as JSON, the same for the same roster."""
    held = tuple(sorted(roster.assignments))
    file = _RosterFile(assignments=held, overrides=roster.overrides)
    return file.model_dump_json(indent=1).encode()


def read_roster(content: bytes) -> Roster:
    """The roster of a JSON file.

    Raises:
        InvalidInputError: it is not one; every fault is named by its place.
    """
    file = _read(_RosterFile, content)
    return Roster(assignments=frozenset(file.assignments), overrides=file.overrides)


_File = TypeVar("_File", bound=_Part)


def _read(kind: type[_File], content: bytes) -> _File:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InvalidInputError("{faults}", faults="\n".join(faults)) from error
