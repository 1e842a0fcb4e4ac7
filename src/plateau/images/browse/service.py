"""Looking for studies by hand, with the rights and the audit trail of the viewer."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import viewing
from plateau.images.browse import queries
from plateau.images.browse.types import Listed, Person, Wish
from plateau.images.queries import answers
from plateau.images.retrieve import queries as retrieved
from plateau.images.retrieve.types import Stored
from plateau.images.types import Series, Study
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.time import instant
from plateau.platform.db import Tx
from plateau.territory import service as territory
from plateau.territory.types import Site

VIEWERS = (Role.READER, Role.TECHNOLOGIST, Role.COORDINATOR, Role.REQUESTER)
PAGE = 50
_MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One page of studies, and whether there are more."""

    studies: list[Listed]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A study as its page shows it."""

    study: Study
    patient: Person
    series: list[Series]


def search(tx: Tx, caller: Caller, wish: Wish, *, now: datetime) -> Found:
    """The studies that match among those the caller may see; a search is recorded."""
    if not caller.is_one_of(*VIEWERS):
        raise NotFoundError("this page does not exist, or is not yours to see")
    if not 1 <= wish.page <= _MOST_PAGES:
        raise InvalidInputError("narrow the search: there are too many pages")
    rows = queries.studies(
        tx,
        wish,
        sites=caller.sites_as(*VIEWERS),
        since=_midnight(wish.since),
        until=_midnight(wish.until, days_later=1),
        limit=PAGE + 1,
    )
    access.record(tx, caller, Access(action="images.search", subject="studies"), at=now)
    return Found(rows[:PAGE], len(rows) > PAGE)


def opened(tx: Tx, caller: Caller, study_uid: str, *, now: datetime) -> Opened:
    """A study, its patient and its series; looking at it is recorded."""
    seen = viewing.opened(tx, caller, study_uid, now)
    study = answers.study(tx, seen.study_uid)
    if study is None:
        raise NotFoundError("study not found")
    person = queries.person(tx, seen.study_id)
    return Opened(study, person, answers.series(tx, seen.study_id))


def picture(tx: Tx, caller: Caller, study_uid: str) -> Stored | None:
    """The image that stands for a study the caller may see, if it has pixels."""
    study_id = queries.reachable(tx, study_uid=study_uid, sites=caller.sites_as(*VIEWERS))
    if study_id is None:
        raise NotFoundError("study not found")
    return retrieved.middle_picture(tx, study_id=study_id, series_uid=None)


def sites(tx: Tx, caller: Caller) -> list[Site]:
    """The sites that the caller may look at."""
    return territory.sites(tx, ids=caller.sites_as(*VIEWERS))


def _midnight(day: date | None, days_later: int = 0) -> datetime | None:
    try:
        return instant(day + timedelta(days=days_later), time(0)) if day else None
    except OverflowError as error:
        raise InvalidInputError("a date is out of range") from error
