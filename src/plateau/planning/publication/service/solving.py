"""Asking for a roster, following how it goes, and making it a draft."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError
from plateau.planning.events import SolveAsked
from plateau.planning.publication import rules
from plateau.planning.publication.queries import making, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import drafting
from plateau.planning.publication.types import Outcome, Person, Solve, Version, Wanted
from plateau.planning.roster import counting, file
from plateau.planning.roster.types import Breach, Problem, Roster
from plateau.platform import jobs
from plateau.platform.db import Tx

_MOST_SECONDS = 3600


def ask(tx: Tx, caller: Caller, wanted: Wanted, *, now: datetime) -> Solve:
    """A roster is being made for these days, beginning from the best of another solve if given."""
    desks.require_coordinator(caller)
    if not 1 <= wanted.seconds <= _MOST_SECONDS:
        raise InvalidInputError("a roster takes 1 to {most} seconds", most=_MOST_SECONDS)
    require_quiet(tx)
    desks.open_period(tx, first=wanted.first, last=wanted.last, now=now)
    start = making.roster(tx, wanted.resume) if wanted.resume else None
    solve_id = uuid4()
    one = Solve(solve_id, wanted.first, wanted.last, wanted.seconds, wanted.seed, "waiting", {},
                [], False, caller.name, now, None, None, start is not None, None,
                asked_by_id=caller.person_id)  # fmt: skip
    making.add_solve(tx, one, start=start)
    jobs.emit(tx, SolveAsked(solve_id))
    tx.touch("roster")
    return one


def require_quiet(tx: Tx) -> None:
    """Refuse while a roster is being made: the machine makes one at a time."""
    if any(one.is_open for one in making.solves(tx)):
        raise ConflictError("a roster is being made already: stop it, or wait for its end")


def resume(tx: Tx, caller: Caller, solve_id: UUID, *, seconds: int, now: datetime) -> Solve:
    """The search goes on from the best roster of a solve, for so long again."""
    was = making.solve(tx, solve_id)
    wanted = Wanted(first=was.first, last=was.last, seconds=seconds, seed=was.seed + 1,
                    resume=solve_id)  # fmt: skip
    return ask(tx, caller, wanted, now=now)


def stop(tx: Tx, caller: Caller, solve_id: UUID) -> None:
    """A solve ends soon, with its best."""
    desks.require_coordinator(caller)
    making.solve(tx, solve_id)
    making.ask_stop(tx, solve_id)
    tx.touch("roster")


def problem_of(tx: Tx, solve_id: UUID, *, now: datetime) -> tuple[Solve, Problem, Roster | None]:
    """What a solve is asked: for the job that runs it."""
    solve = making.solve(tx, solve_id)
    period = versions.period_at(tx, first=solve.first, last=solve.last)
    if period is None:
        raise ConflictError("these days have no period any more")
    desk = desks.of_period(tx, period.period_id, now=now)
    best = making.roster(tx, solve_id)
    problem = desk.problem
    if solve.kind == "mend":
        problem = rules.honoured(problem, desk.overrides)
    return solve, problem, file.read_roster(best.encode()) if best else None


def begin(tx: Tx, solve_id: UUID, *, now: datetime) -> bool:
    """The job takes a solve; False when it was stopped or has ended."""
    tx.touch("roster")
    return making.begin_solve(tx, solve_id, at=now)


def note(
    tx: Tx, solve_id: UUID, *, progress: Mapping[str, object], best: Roster | None = None
) -> bool:
    """The job says where it stands; True when it is asked to stop."""
    tx.touch("roster")
    roster = file.write_roster(best).decode() if best else None
    return making.note_progress(tx, solve_id, progress=progress, roster=roster)


def end(tx: Tx, solve_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    """The job is over; a mend that changes something is a draft at once."""
    if making.end_solve(tx, solve_id, outcome, at=now) and outcome.noted is not None:
        making.note_progress(tx, solve_id, progress=outcome.noted, roster=None)
        _keep_mended(tx, making.solve(tx, solve_id), outcome, now)
    tx.touch("roster")


def _keep_mended(tx: Tx, solve: Solve, outcome: Outcome, now: datetime) -> None:
    period = versions.period_at(tx, first=solve.first, last=solve.last)
    published = versions.published(tx, period.period_id) if period else None
    if published is None or outcome.best is None or solve.asked_by_id is None:
        return
    if outcome.best.assignments == versions.assignments(tx, published.version_id):
        return
    author = Person(solve.asked_by_id, solve.asked_by)
    draft = drafting.begin_as(
        tx, author, published.period_id, held=outcome.best.assignments, reason="", now=now
    )
    making.set_solve(tx, draft.version_id, solve.solve_id)


def make_draft(tx: Tx, caller: Caller, solve_id: UUID, *, now: datetime) -> Version:
    """The best roster of a solve becomes a draft."""
    desks.require_coordinator(caller)
    solve = making.solve(tx, solve_id)
    best = making.roster(tx, solve_id)
    period = versions.period_at(tx, first=solve.first, last=solve.last)
    if best is None or period is None:
        raise ConflictError("there is no roster yet")
    roster = file.read_roster(best.encode())
    draft = drafting.begin(
        tx, caller, period.period_id, held=roster.assignments, reason="", now=now
    )  # fmt: skip
    making.set_solve(tx, draft.version_id, solve_id)
    return versions.version(tx, draft.version_id)


def impossible(tx: Tx, period_id: UUID, *, now: datetime) -> list[Breach]:
    """What no roster of a period can do, found by counting."""
    period = versions.period(tx, period_id)
    return counting.impossible(desks.lived(tx, period, published=frozenset(), now=now))
