"""One's own roster, swaps, absences and the calendar feed."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PersonId
from plateau.kernel.time import local
from plateau.planning import tabs
from plateau.planning.publication import calendar, effects, rules
from plateau.planning.publication.queries import asked, making, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import living, swapping, viewing
from plateau.planning.publication.types import Wished
from plateau.planning.roster_pages import MaybeId
from plateau.platform import clock
from plateau.platform.db import Db
from plateau.web import language
from plateau.web.pages import CallerDep, DbDep, NowDep, language_of, render

router = APIRouter()
_MINE, _SWAPS = "/my/roster", "/roster/swaps"
_AHEAD = timedelta(days=120)
_FEED_BACK = timedelta(days=60)
_FEED_AHEAD = timedelta(days=400)


class WishForm(BaseModel):
    """A wish, as typed."""

    day: date
    half: str = ""
    kind: str = "off"
    points: int = 1


@router.get("/my/roster")
def mine(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """My posts to come, my counters, wishes, leave, and my calendar."""
    return _mine(request, db, caller)


def _mine(request: Request, db: Db, caller: Caller, secret: str = "") -> HTMLResponse:
    now = clock.now()
    today = local(now).date()
    first, last = rules.quarter(today)
    with db.begin() as tx:
        posts = versions.held_by(tx, caller.person_id, since=now, until=now + _AHEAD)
        wishes = asked.wishes(tx, first=today, last=today + _FEED_AHEAD, person_id=caller.person_id)
        quarter = asked.wishes(tx, first=first, last=last, person_id=caller.person_id)
        absences = asked.absences(
            tx, first=today, last=today + _FEED_AHEAD, person_id=caller.person_id
        )
        period = viewing.period_for(tx, today)
        burdens = viewing.equity(tx, period.period_id, now=now) if period else []
        feed = asked.feed_of(tx, caller.person_id)
        notices = asked.notices(tx, caller.person_id)
        unread = asked.see_notices(tx, caller.person_id, at=now)
    return render(
        request,
        "planning/mine.html",
        block="mine",
        posts=posts,
        wishes=wishes,
        left=living.WISH_POINTS - sum(one.points for one in quarter),
        budget=living.WISH_POINTS,
        absences=absences,
        counters=[
            (one.burden.value, row[1], row[2])
            for one in burdens
            for row in one.rows
            if row[0] == caller.name
        ],
        feed=feed,
        address=f"{str(request.base_url).rstrip('/')}/calendar/{secret}.ics" if secret else "",
        notices=notices,
        unread=unread,
        today=today,
        tabs=tabs.of(caller),
    )


@router.post("/my/roster/wishes")
def wish(db: DbDep, caller: CallerDep, asked_for: Annotated[WishForm, Form()]) -> RedirectResponse:
    """A wish, paid with points."""
    wished = Wished(
        day=asked_for.day,
        half=asked_for.half or None,
        kind=asked_for.kind,
        points=asked_for.points,
    )
    with db.begin() as tx:
        living.wish(tx, caller, wished, now=clock.now())
    return RedirectResponse(f"{_MINE}#wishes", 303)


@router.post("/my/roster/wishes/{wish_id}/remove")
def remove_wish(wish_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """A wish is taken back."""
    with db.begin() as tx:
        living.take_wish_back(tx, caller, wish_id)
    return RedirectResponse(f"{_MINE}#wishes", 303)


@router.post("/my/roster/leave")
def ask_leave(
    db: DbDep, caller: CallerDep, first: Annotated[date, Form()], last: Annotated[date, Form()]
) -> RedirectResponse:
    """Leave is asked for, and answered at once when it is safe."""
    with db.begin() as tx:
        living.ask_leave(tx, caller, first=first, last=last, now=clock.now())
    return RedirectResponse(f"{_MINE}#leave", 303)


@router.post("/my/roster/leave/{absence_id}/withdraw")
def withdraw_leave(absence_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """Leave is taken back."""
    with db.begin() as tx:
        living.withdraw_leave(tx, caller, absence_id, now=clock.now())
    return RedirectResponse(f"{_MINE}#leave", 303)


@router.post("/my/roster/calendar")
def make_feed(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """A new calendar address, shown this once."""
    with db.begin() as tx:
        secret = living.make_feed(tx, caller, now=clock.now())
    return _mine(request, db, caller, secret)


@router.post("/my/roster/calendar/revoke")
def revoke_feed(db: DbDep, caller: CallerDep) -> RedirectResponse:
    """The calendar address no longer works."""
    with db.begin() as tx:
        living.revoke_feed(tx, caller, now=clock.now())
    return RedirectResponse(f"{_MINE}#calendar", 303)


@router.get("/calendar/{secret}.ics", include_in_schema=False)
def feed(request: Request, secret: str, db: DbDep, now: NowDep) -> Response:
    """The calendar of whoever the secret belongs to; no session, no patient."""
    with db.begin() as tx:
        owner = living.feed(tx, secret).person_id
        posts = versions.held_by(tx, owner, since=now - _FEED_BACK, until=now + _FEED_AHEAD)
    with language.speaking(language_of(request)):
        name = language.gettext("My roster")
    content = calendar.feed(name, posts, now=now)
    headers = {"Cache-Control": "private, no-store"}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/roster/swaps")
def swaps(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """What is offered by me, to me or to all; what waits for the coordinator."""
    is_boss = caller.is_one_of(*desks.COORDINATORS)
    today = local(now).date()
    with db.begin() as tx:
        rows = asked.swaps(tx, person_id=None if is_boss else caller.person_id, open_only=False)
        mine = versions.held_by(tx, caller.person_id, since=now, until=now + _AHEAD)
        others = versions.held_by(tx, None, since=now, until=now + _AHEAD) if mine else []
        waiting = asked.waiting_absences(tx) if is_boss else []
        away = asked.absences(tx, first=today, last=today + _AHEAD, granted=True) if is_boss else []
        period = viewing.period_for(tx, today)
        people = desks.of_period(tx, period.period_id, now=now).people if period else {}
    return render(
        request,
        "planning/swaps.html",
        block="swaps",
        rows=rows,
        mine=[one for one in mine if one.starts_at > now],
        others=[one for one in others if one.person_id != caller.person_id and one.starts_at > now],
        waiting=waiting,
        away=away,
        people=sorted(people.values(), key=lambda one: one.name),
        today=today,
        is_boss=is_boss,
        tabs=tabs.of(caller),
    )


class OfferForm(BaseModel):
    """A post on offer, as typed: `other` is somebody else's post, as `post/person`."""

    post: UUID
    to: MaybeId = None
    other: str = ""

    def sought(self) -> tuple[UUID | None, PersonId | None]:
        """The post asked for in return, and who is asked."""
        back, _, holder = self.other.partition("/")
        try:
            if holder:
                return UUID(back), PersonId(UUID(holder))
        except ValueError as error:
            raise NotFoundError("there is no such post") from error
        return None, PersonId(self.to) if self.to else None


@router.post("/roster/swaps")
def offer(
    db: DbDep, caller: CallerDep, asked_for: Annotated[OfferForm, Form()]
) -> RedirectResponse:  # fmt: skip
    """A post of mine is on offer."""
    back, to = asked_for.sought()
    with db.begin() as tx:
        swapping.offer(
            tx, caller, asked_for.post, to=to, return_post_id=back,
            now=clock.now(),
        )  # fmt: skip
    return RedirectResponse(_SWAPS, 303)


@router.post("/roster/swaps/open")
def offer_open(db: DbDep, caller: CallerDep, post: Annotated[UUID, Form()]) -> RedirectResponse:
    """A post that lacks somebody is on offer to those able."""
    with db.begin() as tx:
        swapping.offer_open(tx, caller, post, now=clock.now())
    return RedirectResponse(_SWAPS, 303)


@router.post("/roster/swaps/{swap_id}/take")
def take(swap_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """I accept."""
    with db.begin() as tx:
        swapping.take(tx, caller, swap_id, now=clock.now())
    return RedirectResponse(_SWAPS, 303)


@router.post("/roster/swaps/{swap_id}/refuse")
def refuse(swap_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """I refuse, or take my offer back."""
    with db.begin() as tx:
        swapping.refuse(tx, caller, swap_id, now=clock.now())
    return RedirectResponse(_SWAPS, 303)


@router.post("/roster/absences")
def call_in_sick(
    db: DbDep, caller: CallerDep, person: Annotated[UUID, Form()],
    first: Annotated[date, Form()], last: Annotated[date, Form()],
    kind: Annotated[str, Form()] = "sick",
) -> RedirectResponse:  # fmt: skip
    """Somebody is away: on to their replacements."""
    who = living.Away(PersonId(person), first, last, kind)
    with db.begin() as tx:
        one = living.note_away(tx, caller, who, now=clock.now())
    return RedirectResponse(f"/roster/absences/{one.absence_id}", 303)


@router.get("/roster/absences/{absence_id}")
def absence(
    request: Request, absence_id: UUID, db: DbDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """The posts of somebody absent, each with who could take it."""
    with db.begin() as tx:
        found = living.to_replace(tx, caller, absence_id, now=now)
        one = asked.absence(tx, absence_id)
        mend = making.last_mend(tx, absence_id)
    return render(
        request,
        "planning/absence.html",
        block="absence",
        absence=one,
        mend=mend,
        ahead=sum(row.held.starts_at > now for row in found),
        rows=[{"held": row.held, "candidates": effects.told(row.candidates)} for row in found],
        tabs=tabs.of(caller),
    )


@router.post("/roster/absences/{absence_id}/replace")
def replace(
    absence_id: UUID, db: DbDep, caller: CallerDep,
    post: Annotated[UUID, Form()], by: Annotated[UUID, Form()],
) -> RedirectResponse:  # fmt: skip
    """Somebody takes the post: published at once."""
    with db.begin() as tx:
        one = asked.absence(tx, absence_id)
        living.replace(tx, caller, post, absent=one.person_id, by=PersonId(by), now=clock.now())
    return RedirectResponse(f"/roster/absences/{absence_id}", 303)


@router.post("/roster/absences/{absence_id}/answer")
def answer(
    absence_id: UUID, db: DbDep, caller: CallerDep, granted: Annotated[bool, Form()] = False
) -> RedirectResponse:
    """The coordinator answers a request for leave."""
    with db.begin() as tx:
        living.answer_leave(tx, caller, absence_id, granted=granted, now=clock.now())
    return RedirectResponse(_SWAPS, 303)
