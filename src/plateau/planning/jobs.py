"""Rosters made by the worker: asked in a row, stopped by a row, gone on with after a crash."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from plateau.kernel.errors import ConflictError
from plateau.planning.events import SolveAsked
from plateau.planning.publication.service import solving
from plateau.planning.publication.types import Outcome
from plateau.planning.roster.types import Problem, Roster
from plateau.planning.solver.conflicts import Conflict, explain
from plateau.planning.solver.solve import Progress, Solution, solve
from plateau.platform import clock, jobs, runtime
from plateau.platform.db import Db

log = structlog.get_logger()
_NOTE_S = 1.0
_WORKERS = 2


@jobs.on(SolveAsked)
def make_roster(event: SolveAsked) -> None:
    """A roster is made for the row; run again after a crash, it begins from the best so far."""
    make(runtime.db(), event.solve_id)


def make(
    db: Db, solve_id: UUID, *, workers: int = _WORKERS, now: Callable[[], datetime] = clock.now
) -> None:
    """A roster is made for a row here and now; with one worker, the same one each time."""
    with db.begin() as tx:
        if not solving.begin(tx, solve_id, now=now()):
            return
    try:
        with db.begin() as tx:
            row, problem, start = solving.problem_of(tx, solve_id, now=now())
    except ConflictError as error:
        _end(db, solve_id, Outcome(best=None, error=str(error)), now())
        return
    notes = _Notes(db, solve_id)
    found = solve(
        problem,
        seconds=row.seconds,
        workers=workers,
        seed=row.seed,
        start=start,
        on_progress=notes.take,
        should_stop=notes.is_stop_asked,
    )
    _end(db, solve_id, _outcome(problem, found, was_stopped=notes.stop_asked), now())
    log.info("roster.made", solve_id=solve_id, gap=round(found.gap, 4))


def _outcome(problem: Problem, found: Solution, *, was_stopped: bool) -> Outcome:
    is_short = any(one.is_hard and one.rule == "cover" for one in found.breaches)
    reasons = explain(problem, found.roster) if is_short and not was_stopped else []
    return Outcome(
        best=found.roster if found.roster.assignments else None,
        was_stopped=was_stopped,
        conflicts=tuple(_as_row(one) for one in reasons),
    )


def _as_row(one: Conflict) -> dict[str, object]:
    """A conflict as its row keeps it."""
    relaxations: Sequence[dict[str, object]] = [
        {
            "kind": each.kind,
            "rule": each.rule,
            "post_id": str(each.post_id) if each.post_id else None,
            "text": each.text,
            "values": dict(each.values),
        }
        for each in one.relaxations
    ]
    return {"text": one.text, "values": dict(one.values), "relaxations": relaxations}


def _end(db: Db, solve_id: UUID, outcome: Outcome, now: datetime) -> None:
    with db.begin() as tx:
        solving.end(tx, solve_id, outcome, now=now)


@dataclass(slots=True)
class _Notes:
    """Where the search stands, written at most once a second; the answer says whether to stop."""

    db: Db
    solve_id: UUID
    stop_asked: bool = False
    _last: Progress | None = None
    _best: Roster | None = None
    _noted_at: float = field(default_factory=time.monotonic)

    def take(self, progress: Progress) -> None:
        """Remember where the search stands, and any whole roster, which is written at once."""
        self._last = progress
        if progress.roster is not None:
            self._best = progress.roster
            self._noted_at = 0.0
        self.is_stop_asked()

    def is_stop_asked(self) -> bool:
        """Write what is new, and hear whether somebody asked to stop."""
        if not self.stop_asked and time.monotonic() - self._noted_at >= _NOTE_S:
            self._noted_at = time.monotonic()
            self.stop_asked = self._write()
        return self.stop_asked

    def _write(self) -> bool:
        progress = asdict(self._last) if self._last else {}
        progress.pop("roster", None)
        best, self._best = self._best, None
        with self.db.begin() as tx:
            return solving.note(tx, self.solve_id, progress=_finite(progress), best=best)


def _finite(fields: dict[str, object]) -> dict[str, object]:
    """JSON knows no infinity: what is not known yet is left out."""
    endless = {float("inf"), float("-inf")}
    return {
        name: one for name, one in fields.items() if isinstance(one, dict) or one not in endless
    }
