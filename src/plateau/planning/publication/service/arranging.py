"""What coordinators change of what the territory file says: closed days, contracts, promises."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import LineId, SiteId
from plateau.kernel.words import N_
from plateau.planning.plan_types import Terms
from plateau.planning.publication.arranged import Closing, NightClosure, SessionClosure
from plateau.planning.publication.queries import arranging, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import telling
from plateau.planning.publication.service.telling import Said
from plateau.platform.db import Tx

_MOST_DAYS = 100
_HALVES = {None, "M", "A"}


def close(tx: Tx, caller: Caller, wanted: Closing, *, now: datetime) -> int:
    """A session, or a site on its line at night, is closed on some days; how many days are new."""
    desks.require_coordinator(caller)
    days = _days(wanted.first, wanted.last)
    reason = _reason(wanted.reason)
    if "/" in wanted.what:
        closed = _close_nights(tx, caller, wanted.what, (days, reason, now))
    else:
        closed = _close_sessions(tx, caller, wanted, (days, reason, now))
    if closed:
        tx.touch("roster", "duty")
    return closed


def _close_sessions(
    tx: Tx, caller: Caller, wanted: Closing, when: tuple[list[date], str, datetime]
) -> int:
    days, reason, now = when
    known = {one.code for one in arranging.session_choices(tx, on=days[0])}
    if wanted.what not in known or wanted.half not in _HALVES:
        raise NotFoundError("there is no such session")
    rows = [
        SessionClosure(closure_id=uuid4(), code=wanted.what, half=wanted.half, on=on,
                       reason=reason, by=caller.person_id, at=now)
        for on in days
    ]  # fmt: skip
    return arranging.close_sessions(tx, rows)


def _close_nights(tx: Tx, caller: Caller, what: str, when: tuple[list[date], str, datetime]) -> int:
    days, reason, now = when
    if what not in {one.code for one in arranging.night_choices(tx, on=days[0])}:
        raise NotFoundError("this line does not cover this site")
    line, _, site = what.partition("/")
    rows = [
        NightClosure(closure_id=uuid4(), line_id=LineId(UUID(line)), site_id=SiteId(UUID(site)),
                     on=on, reason=reason, by=caller.person_id, at=now)
        for on in days
    ]  # fmt: skip
    return arranging.close_nights(tx, rows)


def _days(first: date, last: date) -> list[date]:
    if last < first:
        raise InvalidInputError("the last day comes before the first")
    if (last - first).days >= _MOST_DAYS:
        raise InvalidInputError("{days} days at most at once", days=_MOST_DAYS)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError("say why: the reason stays with it")
    return text.strip()


def open_again(tx: Tx, caller: Caller, closure_id: UUID, *, now: datetime) -> None:
    """What was closed takes place after all."""
    desks.require_coordinator(caller)
    if not arranging.open_again(tx, closure_id, at=now):
        raise ConflictError("this was opened again already")
    tx.touch("roster", "duty")


def change_contract(
    tx: Tx, caller: Caller, wanted: Terms, *, reason: str, now: datetime
) -> UUID:  # fmt: skip
    """Somebody works more or less than their contract says, or not at all, from a day on."""
    desks.require_coordinator(caller)
    if wanted.last_on is not None and wanted.last_on < wanted.first_on:
        raise InvalidInputError("the last day comes before the first")
    if not versions.names(tx, [wanted.person_id]):
        raise NotFoundError("there is no such person in this roster")
    if wanted.share is not None and not 0 < wanted.share <= 1:
        raise InvalidInputError("a share of full time lies between 0 and 100 %")
    if wanted.half_days is not None and not 0 < wanted.half_days <= 14:
        raise InvalidInputError("a week has 14 half-days at most")
    if wanted.max_duties is not None and wanted.max_duties < 0:
        raise InvalidInputError("the most duties is zero or more")
    says_nothing = (wanted.share, wanted.half_days, wanted.takes_extra, wanted.max_duties)
    if not wanted.is_off and all(value is None for value in says_nothing):
        raise InvalidInputError("say what changes")
    change_id = uuid4()
    arranging.add_change(
        tx, change_id, wanted, reason=_reason(reason), by=caller.person_id, at=now
    )  # fmt: skip
    tx.touch("roster")
    return change_id


def withdraw_change(tx: Tx, caller: Caller, change_id: UUID, *, now: datetime) -> None:
    """A contract is as it was before a change."""
    desks.require_coordinator(caller)
    if not arranging.withdraw_change(tx, change_id, at=now):
        raise ConflictError("this change was taken back already")
    tx.touch("roster")


def promise(tx: Tx, caller: Caller, wish_id: UUID, *, is_hard: bool, now: datetime) -> None:
    """A wish binds the rosters to come, or no longer; whose it is hears of it."""
    desks.require_coordinator(caller)
    found = arranging.promise(tx, wish_id, is_hard=is_hard)
    if not found:
        raise ConflictError("this wish was answered or taken back already")
    wish = next(one for one in arranging.wishes(tx, since=now.date()) if one.wish_id == wish_id)
    text = N_("Your wish for {day} is promised") if is_hard else (
        N_("Your wish for {day} is no longer promised")
    )  # fmt: skip
    said = Said(text=text, values={"day": f"{wish.day}"})
    telling.tell(tx, found[0], said, at=now)
    tx.touch("roster")
