"""What is published, mended with the fewest changes: asked for, and shown as a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, NotFoundError
from plateau.kernel.ids import PersonId
from plateau.planning.events import SolveAsked
from plateau.planning.publication import rules
from plateau.planning.publication.queries import asked, making, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import living, publishing, solving
from plateau.planning.publication.types import Absence, Difference, Judged, Period, Solve, Version
from plateau.planning.roster.types import Post
from plateau.platform import jobs
from plateau.platform.db import Tx

_SECONDS = 60  # never needed: what a row of the same table has to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A mend: its draft, if something changes, and what differs from what is published."""

    solve: Solve
    period: Period
    draft: Version | None
    differences: Sequence[Difference]
    posts: Mapping[UUID, Post]
    names: Mapping[PersonId, str]
    judged: Judged | None
    absence: Absence | None
    begun: int  # posts of the absence that go on: they stay as they are


def ask(
    tx: Tx, caller: Caller, period_id: UUID, *, absence_id: UUID | None = None, now: datetime
) -> Solve:
    """What is published of a period is being mended; its result will be a draft."""
    desks.require_coordinator(caller)
    period = versions.period(tx, period_id)
    if versions.published(tx, period_id) is None:
        raise ConflictError("nothing is published for these days")
    solving.require_quiet(tx)
    one = Solve(uuid4(), period.first_on, period.last_on, _SECONDS, 0, "waiting", {}, [], False,
                caller.name, now, None, None, False, None, "mend", absence_id,
                caller.person_id)  # fmt: skip
    making.add_solve(tx, one, start=None)
    jobs.emit(tx, SolveAsked(one.solve_id))
    tx.touch("roster")
    return one


def ask_for(tx: Tx, caller: Caller, absence_id: UUID, *, now: datetime) -> Solve:
    """The posts of somebody absent that have not begun are being given to others."""
    desks.require_coordinator(caller)
    held = living.posts_in(tx, asked.absence(tx, absence_id), now=now)
    ahead = [one for one in held if one.starts_at > now]
    if not ahead:
        raise ConflictError("no post of these days is left to be mended")
    return ask(tx, caller, ahead[0].period_id, absence_id=absence_id, now=now)


def mended(tx: Tx, caller: Caller, solve_id: UUID, *, now: datetime) -> Mended:
    """Where a mend stands, and what it would change."""
    desks.require_coordinator(caller)
    solve = making.solve(tx, solve_id)
    period = versions.period_at(tx, first=solve.first, last=solve.last)
    if solve.kind != "mend" or period is None:
        raise NotFoundError("there is no such mend")
    version_id = making.version_of(tx, solve_id)
    desk = desks.of_version(tx, version_id, now=now) if version_id else None
    absence = asked.absence(tx, solve.absence_id) if solve.absence_id else None
    begun = [] if absence is None else living.posts_in(tx, absence, now=now)
    found: list[Difference] = []
    if version_id:
        _, found = publishing.compared(tx, version_id, other_id=None)
    return Mended(
        solve=solve,
        period=period,
        draft=desk.version if desk else None,
        differences=_by_day(found, desk.posts if desk else {}),
        posts=desk.posts if desk else {},
        names=publishing.names_in(tx, found),
        judged=rules.judge(desk.check(), desk.overrides) if desk else None,
        absence=absence,
        begun=sum(one.starts_at <= now for one in begun),
    )


def _by_day(found: Sequence[Difference], posts: Mapping[UUID, Post]) -> list[Difference]:
    known = [one for one in found if one.post_id in posts]
    return sorted(known, key=lambda one: (posts[one.post_id].starts_at, one.post_id))
