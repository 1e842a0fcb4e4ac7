"""Changing what rosters are made from: dated, with a reason, over the territory file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.kernel.time import local
from plateau.planning.grounds import queries
from plateau.planning.grounds.types import (
    RIGHTS,
    Covered,
    CoverWish,
    Days,
    DutyLine,
    GridLine,
    Held,
    Journey,
    LineWish,
    Named,
    Part,
    Right,
    ShareWish,
)
from plateau.platform.db import Tx
from plateau.territory import service as territory
from plateau.territory.amending import service as amending
from plateau.territory.amending.types import Alteration, Amendment, Made, Verb
from plateau.territory.types import Member, Site

CHANGERS = (Role.COORDINATOR, Role.ADMINISTRATOR)
A_DAY = timedelta(days=1)
_SOON = timedelta(days=30)
_OF_READERS = {"privilege", "skill"}
_SUBJECTS = {
    "privilege": "site_id",
    "skill": "modality",
    "aptitude": "skill",
    "on-call": "line_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Everything that rosters are made from on a day and after it, and what people changed."""

    people: Sequence[Named]
    sites: Sequence[Site]
    skills: Sequence[Named]
    held: Sequence[Held]
    ending: Sequence[Held]
    grid: Sequence[GridLine]
    lines: Sequence[DutyLine]
    covered: Sequence[Covered]
    journeys: Sequence[Journey]
    parts: Sequence[Part]
    families: Sequence[Named]
    members: Sequence[Member]
    amendments: Sequence[Amendment]
    may_share: bool


def seen(tx: Tx, caller: Caller, *, on: date) -> Grounds:
    """What rosters are made from, for whoever makes them."""
    _require_changer(caller)
    held = queries.held(tx, on=on)
    return Grounds(
        people=queries.people(tx, on=on),
        sites=territory.sites(tx),
        skills=queries.skills(tx),
        held=held,
        ending=ending(held, before=on + _SOON),
        grid=queries.grid(tx, on=on),
        lines=queries.lines(tx, on=on),
        covered=queries.covered(tx, on=on),
        journeys=queries.journeys(tx, on=on),
        parts=queries.parts(tx, on=on),
        families=queries.families(tx),
        members=territory.members(tx),
        amendments=amending.amendments(tx, since=on),
        may_share=caller.is_one_of(Role.ADMINISTRATOR),
    )


def ending(held: Sequence[Held], *, before: date) -> list[Held]:
    """The rights that end before a day and do not go on."""
    begun = {(one.kind, one.person_id, one.what, one.valid_from) for one in held}
    return [
        one
        for one in held
        if one.valid_to is not None
        and one.valid_to <= before
        and (one.kind, one.person_id, one.what, one.valid_to) not in begun
    ]


def give(tx: Tx, caller: Caller, right: Right, *, reason: str, now: datetime) -> UUID:
    """Somebody may do something on some days, or no longer may."""
    _require_changer(caller)
    if right.kind not in RIGHTS:
        raise InvalidInputError("there is no such right")
    name = _name_of(tx, right.person_id)
    if right.kind in _OF_READERS and territory.practitioner(tx, right.person_id) is None:
        raise InvalidInputError("only a reader reads, and works for a site")
    what, called = _thing(tx, right)
    alteration = Alteration(
        kind=right.kind,
        subject={"person_id": right.person_id, _SUBJECTS[right.kind]: what},
        verb=Verb.PUT if right.is_given else Verb.END,
        content={},
        valid_from=right.days.first,
        valid_to=_end(right.days),
    )
    return _amend(tx, caller, [alteration], f"{name} · {called}", reason, now)


def add_session(
    tx: Tx, caller: Caller, typed: Mapping[str, Any], *, reason: str, now: datetime
) -> UUID:
    """A half-day of work comes back every week, or on given days."""
    _require_changer(caller)
    alterations = amending.sessions(typed)
    site = _site(tx, alterations[0].content["site_id"])
    codes = {one.subject["code"] for one in alterations}
    grid = queries.grid(tx, on=alterations[0].valid_from)
    for site_id in {site.site_id, *(one.site_id for one in grid if one.code in codes)}:
        _require_own(caller, [site_id])  # what it takes the place of may be of others
    called = f"{typed['name']} · {site.name}"
    return _amend(tx, caller, alterations, called, reason, now)


def end_session(
    tx: Tx, caller: Caller, code: str, days: Days, *, reason: str, now: datetime
) -> UUID:
    """A session is held no more on some days, both halves."""
    _require_changer(caller)
    known = [one for one in queries.grid(tx, on=days.first) if one.code == code]
    if not known:
        raise NotFoundError("there is no such session")
    alterations = [
        Alteration(
            kind="session",
            subject={"code": code, "half": half},
            verb=Verb.END,
            content={},
            valid_from=days.first,
            valid_to=_end(days),
        )
        for half in sorted({one.half for one in known})
    ]
    called = f"{known[0].name} · {known[0].site_name}"
    return _amend(tx, caller, alterations, called, reason, now)


def change_line(tx: Tx, caller: Caller, wish: LineWish, *, reason: str, now: datetime) -> UUID:
    """A line has other hours or another number of readers on some days."""
    _require_changer(caller)
    content = {
        name: value
        for name, value in (
            ("readers", wish.readers),
            ("starts_at", wish.starts_at),
            ("ends_at", wish.ends_at),
        )
        if value is not None
    }
    if not content:
        raise InvalidInputError("say what changes")
    if wish.readers is not None and wish.readers < 1:
        raise InvalidInputError("a line has one reader at least")
    alteration = Alteration(
        kind="option of line",
        subject={"line_id": wish.line_id},
        verb=Verb.ALTER,
        content=content,
        valid_from=wish.days.first,
        valid_to=_end(wish.days),
    )
    said = [f"{v:%H:%M}" if not isinstance(v, int) else str(v) for v in content.values()]
    called = " · ".join([_line(tx, wish.line_id, wish.days.first).name, *said])
    return _amend(tx, caller, [alteration], called, reason, now)


def cover(tx: Tx, caller: Caller, wish: CoverWish, *, reason: str, now: datetime) -> UUID:
    """A line covers a site from an hour on some days, or no longer covers it."""
    _require_changer(caller)
    line, site = _line(tx, wish.line_id, wish.days.first), _site(tx, wish.site_id)
    alteration = Alteration(
        kind="covered site",
        subject={"line_id": wish.line_id, "site_id": wish.site_id},
        verb=Verb.PUT if wish.starts_at else Verb.END,
        content={"starts_at": wish.starts_at} if wish.starts_at else {},
        valid_from=wish.days.first,
        valid_to=_end(wish.days),
    )
    return _amend(tx, caller, [alteration], f"{line.name} · {site.name}", reason, now)


def set_travel(
    tx: Tx, caller: Caller, typed: Mapping[str, Any], *, reason: str, now: datetime
) -> UUID:
    """So many minutes between two sites, both ways."""
    _require_changer(caller)
    alterations = amending.travels(typed)
    subject = alterations[0].subject
    ends = [_site(tx, subject[name]).name for name in ("origin_id", "destination_id")]
    called = f"{ends[0]} – {ends[1]} · {typed['minutes']} min"
    return _amend(tx, caller, alterations, called, reason, now)


def set_share(tx: Tx, caller: Caller, wish: ShareWish, *, reason: str, now: datetime) -> UUID:
    """How the sessions of a family of machines are shared; an administrator says it."""
    if not caller.is_one_of(Role.ADMINISTRATOR):
        raise RuleBrokenError("only an administrator changes what was agreed")
    if wish.family not in {one.code for one in queries.families(tx)}:
        raise InvalidInputError(
            "no {kind} has the code {code}", kind="family of sessions", code=wish.family
        )
    typed = {
        "family": wish.family,
        "shares": {code: value / 100 for code, value in wish.percents.items()},
        "tolerance": wish.tolerance,
        **ended(wish.days),
    }
    said = [f"{code} {value:g} %" for code, value in wish.percents.items()]
    called = " · ".join([wish.family, *said])
    return _amend(tx, caller, amending.shares(tx, typed), called, reason, now)


def withdraw(tx: Tx, caller: Caller, amendment_id: UUID, *, now: datetime) -> None:
    """From today on things are as they would be without a change of the caller's sites."""
    _require_changer(caller)
    kept = amending.changed(tx, amendment_id)
    if not kept:
        raise NotFoundError("there is no such change")
    for one in kept:
        _require_own(caller, _sites_of(tx, one.kind, {**one.content, **one.subject}))
    amending.withdraw(tx, caller, amendment_id, on=local(now).date(), at=now)
    _trace(tx, caller, amendment_id, "territory.withdraw", now)


def ended(days: Days) -> dict[str, date | None]:
    """The days of a change as the territory file says them."""
    return {"valid_from": days.first, "valid_to": _end(days)}


def _amend(
    tx: Tx,
    caller: Caller,
    alterations: Sequence[Alteration],
    what: str,
    reason: str,
    now: datetime,
) -> UUID:
    for one in alterations:
        if one.valid_from < local(now).date():
            raise InvalidInputError("the past stays as it was: begin today or later")
        _require_own(caller, _sites_of(tx, one.kind, {**one.content, **one.subject}))
    made = Made(what=what, reason=reason.strip(), by=caller.person_id, at=now)
    amendment_id = amending.amend(tx, made, alterations)
    _trace(tx, caller, amendment_id, "territory.amend", now)
    return amendment_id


def _trace(tx: Tx, caller: Caller, amendment_id: UUID, action: str, now: datetime) -> None:
    access.record(tx, caller, Access(action=action, subject=f"amendment:{amendment_id}"), at=now)
    tx.touch("roster", "duty", "worklist")


def _sites_of(tx: Tx, kind: str, row: Mapping[str, Any]) -> set[UUID]:
    """The sites that a change is about; none: of the whole territory."""
    if kind in {"skill", "aptitude"}:
        return set(queries.homes(tx, PersonId(UUID(str(row["person_id"])))))
    if kind in {"on-call", "option of line", "covered site"}:
        return set(queries.place(tx, LineId(UUID(str(row["line_id"])))))
    if kind == "travel":
        return {UUID(str(row[name])) for name in ("origin_id", "destination_id")}
    if kind == "session":
        here = {UUID(str(row["site_id"]))} if "site_id" in row else set[UUID]()
        return here | set(queries.places_of_session(tx, row))
    return {UUID(str(row["site_id"]))} if "site_id" in row else set()


def _require_own(caller: Caller, sites: Iterable[UUID]) -> None:
    """Who coordinates one of the sites concerned; of the whole territory, an administrator."""
    wanted, own = set(sites), set(caller.sites_as(*CHANGERS))
    may = bool(wanted & own) if wanted else caller.is_one_of(Role.ADMINISTRATOR)
    if not may:
        raise RuleBrokenError("this is for the coordinators of the sites concerned")


def _require_changer(caller: Caller) -> None:
    if not caller.is_one_of(*CHANGERS):
        raise RuleBrokenError("only a coordinator changes what rosters are made from")


def _end(days: Days) -> date | None:
    if days.last == date.max:
        raise InvalidInputError("that day is too far away")
    return None if days.last is None else days.last + A_DAY


def _name_of(tx: Tx, person_id: PersonId) -> str:
    found = queries.name_of(tx, person_id)
    if not found:
        raise NotFoundError("there is no such person in this roster")
    return found[0]


def _thing(tx: Tx, right: Right) -> tuple[str | UUID, str]:
    """What a right is about, and what people call it."""
    if right.kind == "privilege":
        site = _site(tx, _id(right.what))
        return site.site_id, site.name
    if right.kind == "on-call":
        line = _line(tx, LineId(_id(right.what)), right.days.first)
        return line.line_id, line.name
    if right.what not in {one.code for one in queries.skills(tx)}:
        raise InvalidInputError("nobody is asked for such a skill")
    return right.what, right.what


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInputError("there is no such site or line") from error


def _site(tx: Tx, site_id: Any) -> Site:
    return territory.site(tx, SiteId(UUID(str(site_id))))


def _line(tx: Tx, line_id: LineId, on: date) -> DutyLine:
    for one in queries.lines(tx, on=on):
        if one.line_id == line_id:
            return one
    raise NotFoundError("there is no such line of duty")
