"""The process that makes a roster: asked in a row, stopped by a row, gone on with after a crash."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
import typer

from plateau.kernel.errors import ConflictError, PlateauError, UnavailableError
from plateau.planning.publication.service import solving
from plateau.planning.publication.types import Outcome, Solve
from plateau.planning.roster.types import Problem, Roster
from plateau.planning.solver.conflicts import Conflict, explain
from plateau.planning.solver.replan import replan
from plateau.planning.solver.solve import Progress, Solution, solve
from plateau.platform import clock, supervision
from plateau.platform import log as logs
from plateau.platform.db import Db, open_pool
from plateau.platform.live import Notifier
from plateau.platform.settings import settings

log = structlog.get_logger()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_NOTE_S = 1.0
_WORKERS = 2
_CONNECTIONS = 2


@app.command()
def main(
    solve_id: UUID,
    workers: int = _WORKERS,
    at: Annotated[datetime | None, typer.Option(help="As if asked at that time, UTC.")] = None,
) -> None:
    """Make the roster of a row; run again after a crash, it begins from the best so far."""
    chosen = settings()
    logs.configure(chosen.log_level, "making")
    supervision.leave_with_parent()
    now = clock.now if at is None else lambda: at.replace(tzinfo=UTC)
    url = str(chosen.database_url)
    with open_pool(url, size=_CONNECTIONS) as pool, closing(Notifier(url)) as notify:
        make(Db(pool, notify), solve_id, workers=workers, now=now)


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
    try:
        if row.kind == "mend":
            outcome = _mend(problem, row.seed)
        else:
            notes = _Notes(db, solve_id)
            found = _search(row, problem, start, notes, workers)
            outcome = _outcome(problem, found, was_stopped=notes.stop_asked)
    except PlateauError:
        raise  # the database went away: tried again
    except Exception as broken:
        failed = UnavailableError("the search failed: its log says why")
        _end(db, solve_id, Outcome(best=None, error=str(failed)), now())
        raise failed from broken
    _end(db, solve_id, outcome, now())
    log.info("roster.made", solve_id=solve_id, kind=row.kind)


def _mend(problem: Problem, seed: int) -> Outcome:
    """What is published, with the fewest changes that make it hold again."""
    began = time.monotonic()
    found = replan(problem, seed=seed)
    noted = {
        "changes": len(found.changed),
        "fewest": found.fewest,
        "short": found.short,
        "is_proven": found.is_proven,
        "seconds": round(time.monotonic() - began, 2),
    }
    return Outcome(best=found.roster, noted=noted)


def _search(
    row: Solve, problem: Problem, start: Roster | None, notes: "_Notes", workers: int
) -> Solution:
    return solve(
        problem,
        seconds=row.seconds,
        workers=workers,
        seed=row.seed,
        start=start,
        on_progress=notes.take,
        should_stop=notes.is_stop_asked,
    )


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


if __name__ == "__main__":
    app()
