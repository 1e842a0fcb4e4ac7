"""The roster: the table, its drafts, one post, and the versions."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.caller import Caller
from plateau.kernel.ids import PersonId
from plateau.kernel.time import local
from plateau.planning import tabs
from plateau.planning.publication import effects, grid
from plateau.planning.publication.grid import Asked
from plateau.planning.publication.queries import versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import drafting, publishing, viewing
from plateau.planning.publication.service.desk import Desk
from plateau.planning.publication.types import Change, DayCopy, Drop, Hand, Leniency
from plateau.planning.roster.rules.catalogue import RULES
from plateau.planning.roster.types import Post
from plateau.platform import clock
from plateau.platform.db import Db, Tx
from plateau.web.forms import OrNone
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/roster")
MaybeId = Annotated[UUID | None, OrNone]


class View(BaseModel):
    """Which part of which roster, how."""

    view: str = "week"
    by: str = "person"
    on: Annotated[date | None, OrNone] = None
    version: MaybeId = None
    beside: bool = False

    def asked(self, now: datetime, desk: Desk | None) -> Asked:
        """What is to be shown: by default from today on, or from the first day of the roster."""
        on = self.on or local(now).date()
        if self.on is None and desk and not desk.period.first_on <= on <= desk.period.last_on:
            on = desk.period.first_on
        view = self.view if self.view in grid.VIEWS else "week"
        first, last = grid.window(view, on)
        if desk and view != "week":
            first, last = grid.within(desk.period, first, last)
        by = self.by if self.by in grid.AXES else "person"
        return Asked(by=by, view=view, first=first, last=last)

    def query(self, asked: Asked, **other: object) -> str:
        """The address of the same, with some of it changed."""
        values = {"view": asked.view, "by": asked.by, "on": asked.first, "version": self.version,
                  "beside": "1" if self.beside else None, **other}  # fmt: skip
        return "&".join(f"{key}={value}" for key, value in values.items() if value)

    def of(self, version_id: UUID | None) -> str:
        """The same days, in another version; where they are read when none is given."""
        values = {"view": self.view, "by": self.by, "on": self.on, "version": version_id}
        return "/roster?" + "&".join(f"{key}={value}" for key, value in values.items() if value)


class Step(BaseModel):
    """A change of a draft, as dragged or typed."""

    post: UUID
    of: MaybeId = None
    to: MaybeId = None
    day: str = ""
    half: str = ""
    to_day: str = ""
    reason: str = ""


@router.get("")
def roster(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, view: Annotated[View, Query()]
) -> HTMLResponse:
    """The roster of some days at the caller's sites."""
    with db.begin() as tx:
        desk = _desk(tx, view, now)
        asked = view.asked(now, desk)
        shown = None
        if desk:
            shown = viewing.shown(tx, caller, asked, desk=desk, beside=view.beside, now=now)
    return render(
        request,
        "planning/roster.html",
        block="roster",
        shown=shown,
        asked=asked,
        view=view,
        before=grid.window(asked.view, asked.first - timedelta(days=1))[0],
        after=asked.last + timedelta(days=1),
        may_edit=caller.is_one_of(*desks.COORDINATORS),
        by_rule=effects.by_rule,
        rules=RULES,
        tabs=tabs.of(caller),
    )


def _desk(tx: Tx, view: View, now: datetime) -> Desk | None:
    if view.version:
        return desks.of_version(tx, view.version, now=now)
    period = viewing.period_for(tx, view.on or local(now).date())
    return desks.of_period(tx, period.period_id, now=now) if period else None


@router.post("/{version_id}/move")
def move(
    request: Request, version_id: UUID, db: DbDep, caller: CallerDep,
    step: Annotated[Step, Form()], view: Annotated[View, Query()],
) -> Response:  # fmt: skip
    """A post dropped on a cell; the cells that changed, or 409 and why."""
    to = PersonId(step.to) if step.to else caller.person_id
    drop = Drop(post_id=step.post, of=_person(step.of), to=to, day=step.day, half=step.half)
    with db.begin() as tx:
        change = drafting.move(tx, caller, version_id, drop, now=clock.now())
    return _changed(request, db, caller, version_id, change, view)


@router.post("/{version_id}/clear")
def clear(
    request: Request, version_id: UUID, db: DbDep, caller: CallerDep,
    step: Annotated[Step, Form()], view: Annotated[View, Query()],
) -> Response:  # fmt: skip
    """Somebody no longer holds a post."""
    of = PersonId(step.of) if step.of else caller.person_id
    with db.begin() as tx:
        change = drafting.clear(
            tx, caller, version_id, post_id=step.post, person_id=of, now=clock.now()
        )
    return _changed(request, db, caller, version_id, change, view)


@router.post("/{version_id}/undo")
def undo(
    request: Request, version_id: UUID, db: DbDep, caller: CallerDep, view: Annotated[View, Query()]
) -> Response:
    """The last change of a draft is taken back."""
    with db.begin() as tx:
        change = drafting.undo(tx, caller, version_id)
    return _changed(request, db, caller, version_id, change, view)


class Copied(BaseModel):
    """A day to be copied, and where to."""

    of: UUID
    day: str
    to: UUID
    to_day: str


@router.post("/{version_id}/copy")
def copy(
    request: Request, version_id: UUID, db: DbDep, caller: CallerDep,
    asked: Annotated[Copied, Form()], view: Annotated[View, Query()],
) -> Response:  # fmt: skip
    """What somebody holds on a day is held on another too, by them or somebody else."""
    day = DayCopy(of=PersonId(asked.of), day=asked.day, to=PersonId(asked.to), to_day=asked.to_day)
    with db.begin() as tx:
        change = drafting.copy_day(tx, caller, version_id, day, now=clock.now())
    return _changed(request, db, caller, version_id, change, view)


@router.post("/{version_id}/hand")
def hand(
    version_id: UUID, db: DbDep, caller: CallerDep, step: Annotated[Step, Form()]
) -> RedirectResponse:
    """Somebody takes a post, by the form; with a reason, despite a rule."""
    with db.begin() as tx:
        if step.to is None and step.of is not None:
            drafting.clear(tx, caller, version_id, post_id=step.post,
                           person_id=PersonId(step.of), now=clock.now())  # fmt: skip
        elif step.to is not None:
            one = Hand(post_id=step.post, to=PersonId(step.to), instead_of=_person(step.of),
                       despite=step.reason)  # fmt: skip
            drafting.hand_over(tx, caller, version_id, one, now=clock.now())
    return RedirectResponse(f"/roster/posts/{step.post}?version={version_id}", 303)


def _person(value: UUID | None) -> PersonId | None:
    return PersonId(value) if value else None


def _changed(
    request: Request, db: Db, caller: Caller, version_id: UUID, change: Change, view: View
) -> Response:
    """The cells that a change touches, each to take its place; without scripts, the page again."""
    if not request.headers.get("HX-Request"):
        return RedirectResponse(view.of(version_id), 303)
    now = clock.now()
    with db.begin() as tx:
        desk = desks.of_version(tx, version_id, now=now)
        asked = view.asked(now, desk)
        shown = viewing.shown(tx, caller, asked, desk=desk, beside=False, now=now)
    posts = desk.posts
    keys = {
        (str(one.person_id), _cell_key(posts[one.post_id], asked))
        for one in (*change.removed, *change.added)
        if one.post_id in posts
    }
    return render(
        request,
        "planning/roster_cells.html",
        shown=shown,
        asked=asked,
        view=view,
        by_rule=effects.by_rule,
        rules=RULES,
        cells=grid.some(shown.grid, keys),
    )


def _cell_key(post: Post, asked: Asked) -> str:
    return f"{post.on}.{post.half.value}" if asked.view == "week" else f"{post.on}"


@router.get("/posts/{post_id}")
def post(
    request: Request, post_id: UUID, db: DbDep, caller: CallerDep, now: NowDep,
    version: MaybeId = None,
) -> HTMLResponse:  # fmt: skip
    """A post: who holds it, who could, and why the others cannot."""
    with db.begin() as tx:
        shown = viewing.post(tx, caller, post_id, version_id=version, now=now)
    return render(
        request,
        "planning/post.html",
        shown=shown,
        candidates=effects.told(shown.candidates),
        may_edit=caller.is_one_of(*desks.COORDINATORS),
        tabs=tabs.of(caller),
    )


class Named(BaseModel):
    """A rule or post that is asked less of, and why."""

    kind: str = ""
    rule: str | None = None
    post: MaybeId = None
    person: MaybeId = None
    reason: str = ""
    back: str = "/roster/build"

    def leniency(self) -> Leniency:
        """The same, as the service takes it."""
        return Leniency(reason=self.reason, kind=self.kind, rule=self.rule or None,
                        post_id=self.post, person_id=_person(self.person))  # fmt: skip

    @property
    def home(self) -> str:
        """A page of ours."""
        return self.back if self.back.startswith("/roster") else "/roster"


@router.post("/periods/{period_id}/accept")
def accept(
    period_id: UUID, db: DbDep, caller: CallerDep, asked: Annotated[Named, Form()]
) -> RedirectResponse:
    """A breach is accepted, with a reason."""
    with db.begin() as tx:
        drafting.accept(tx, caller, period_id, asked.leniency(), now=clock.now())
    return RedirectResponse(asked.home, 303)


@router.post("/periods/{period_id}/relax")
def relax(
    period_id: UUID, db: DbDep, caller: CallerDep, asked: Annotated[Named, Form()]
) -> RedirectResponse:
    """Less is asked of a post or a rule."""
    with db.begin() as tx:
        drafting.relax(tx, caller, period_id, asked.leniency(), now=clock.now())
    return RedirectResponse(asked.home, 303)


@router.post("/periods/{period_id}/restore")
def restore(
    period_id: UUID, db: DbDep, caller: CallerDep, relaxation: Annotated[UUID, Form()]
) -> RedirectResponse:
    """What was relaxed is asked for again."""
    with db.begin() as tx:
        drafting.restore(tx, caller, period_id, relaxation)
    return RedirectResponse("/roster/build", 303)


class Compared(BaseModel):
    """Which versions of which period."""

    period: MaybeId = None
    version: MaybeId = None
    against: MaybeId = None


@router.get("/versions")
def history(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, of: Annotated[Compared, Query()]
) -> HTMLResponse:
    """The versions of a period, and what changed between two of them."""
    today = local(now).date()
    with db.begin() as tx:
        desks.require_coordinator(caller)
        found = versions.period(tx, of.period) if of.period else viewing.period_for(tx, today)
        rows = versions.versions(tx, found.period_id) if found else []
        chosen = next((one for one in rows if one.version_id == of.version), None)
        other, changes = (
            publishing.compared(tx, chosen.version_id, other_id=of.against)
            if chosen
            else (None, [])
        )
        names = publishing.names_in(tx, changes)
        posts = desks.of_period(tx, found.period_id, now=now).posts if found and changes else {}
    return render(
        request,
        "planning/versions.html",
        block="versions",
        period=found,
        rows=rows,
        chosen=chosen,
        other=other,
        changes=changes,
        names=names,
        posts=posts,
        tabs=tabs.of(caller),
    )


@router.post("/periods/{period_id}/draft")
def draft(
    period_id: UUID, db: DbDep, caller: CallerDep, view: Annotated[View, Query()]
) -> RedirectResponse:
    """A new draft, as what is published."""
    with db.begin() as tx:
        made = drafting.begin(tx, caller, period_id, held=None, reason="", now=clock.now())
    return RedirectResponse(view.of(made.version_id), 303)


@router.post("/{version_id}/publish")
def publish(
    version_id: UUID, db: DbDep, caller: CallerDep, view: Annotated[View, Query()],
    reason: Annotated[str, Form()] = "",
) -> RedirectResponse:  # fmt: skip
    """A draft is what people live by; an earlier version is so again."""
    now = clock.now()
    with db.begin() as tx:
        is_draft = versions.version(tx, version_id).is_draft
        act = publishing.publish if is_draft else publishing.publish_again
        made = act(tx, caller, version_id, reason=reason, now=now)
    return RedirectResponse(view.of(made.version_id), 303)


@router.post("/{version_id}/drop")
def drop(
    version_id: UUID, db: DbDep, caller: CallerDep, view: Annotated[View, Query()]
) -> RedirectResponse:
    """A draft is given up."""
    with db.begin() as tx:
        drafting.drop(tx, caller, version_id)
    return RedirectResponse(view.of(None), 303)
