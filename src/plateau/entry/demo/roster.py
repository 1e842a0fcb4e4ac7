"""The roster of the demonstration: made by the planner, published before the night begins."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from uuid import UUID

from plateau.entry.demo import queries, stage
from plateau.entry.demo.queries import OnDuty, Signature
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.time import instant
from plateau.planning import jobs
from plateau.planning.publication.queries import making
from plateau.planning.publication.service import publishing, solving
from plateau.planning.publication.types import Outcome, Wanted
from plateau.planning.roster import file
from plateau.planning.roster.types import Problem, Roster
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings

FIRST = stage.NIGHT_OF  # a Monday
LAST = FIRST + timedelta(days=6)
PUBLISHED_AT = instant(date(2026, 11, 16), time(10))  # a week before
_SECONDS, _SEED = 3, 1  # of the solver's own units: with one worker, the same roster each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """By what roster the night was lived."""

    published_by: str
    version: int
    search: str  # of the planner
    on_duty: Sequence[str]  # logins, in the order of calls
    signed: Sequence[Signature]


def publish(db: Db, settings: Settings) -> None:
    """The week of the night has a roster that the planner made, checked and published.

    What it made is kept in the data directory: the same problem is not solved twice.
    """
    with db.begin() as tx:
        boss = queries.coordinator(tx)
        wanted = Wanted(first=FIRST, last=LAST, seconds=_SECONDS, seed=_SEED)
        solve_id = solving.ask(tx, boss, wanted, now=PUBLISHED_AT).solve_id
        _, problem, _ = solving.problem_of(tx, solve_id, now=PUBLISHED_AT)
    path, asked = settings.data_dir / stage.ROSTER, _digest(problem)
    before = kept(path, asked)
    if before is None:
        at = f"{PUBLISHED_AT:%Y-%m-%dT%H:%M:%S}"
        jobs.make_apart(settings, solve_id, "--workers", "1", "--at", at)
        with db.begin() as tx:
            _keep(tx, solve_id, path, asked)
    with db.begin() as tx:
        if before is not None:
            solving.begin(tx, solve_id, now=PUBLISHED_AT)
            solving.end(tx, solve_id, Outcome(best=before), now=PUBLISHED_AT)
        draft = solving.make_draft(tx, boss, solve_id, now=PUBLISHED_AT)
        publishing.publish(tx, boss, draft.version_id, reason="", now=PUBLISHED_AT)


def _digest(problem: Problem) -> str:
    """What a roster is kept under: what is asked, of which search; sets have no order of theirs."""
    content = json.loads(file.write_problem(problem))
    for one in (*content["people"], *content["posts"]):
        one.update({name: sorted(one[name]) for name in ("lines", "statuses") if name in one})
    asked = json.dumps([content, _SECONDS, _SEED], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def kept(path: Path, asked: str) -> Roster | None:
    """The roster kept for what is asked, if it is there."""
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
        return file.read_roster(content["roster"].encode()) if content["asked"] == asked else None
    except (ValueError, KeyError, TypeError, InvalidInputError):
        return None  # cut short, or written by another release


def _keep(tx: Tx, solve_id: UUID, path: Path, asked: str) -> None:
    best = making.roster(tx, solve_id)
    if best is not None:
        path.write_text(json.dumps({"asked": asked, "roster": best}), "utf-8")


def tonight(db: Db) -> list[OnDuty]:
    """Who is on duty in the night, in the order of calls, by what is published."""
    with db.begin() as tx:
        return queries.on_duty(tx, at=instant(stage.NIGHT_OF, time(22)))


def lived(db: Db) -> tuple[Lived, list[str]]:
    """By what roster the night was lived, and what is wrong with that in words."""
    readers = tonight(db)
    with db.begin() as tx:
        signed = queries.signatures(tx)
    problems = [
        f"{one.login} signed {one.reports - one.on_duty} reports without being on duty"
        for one in signed
        if one.on_duty != one.reports
    ]
    searches = {one.search for one in readers}
    if len(searches) != 1 or None in searches:
        problems.append("who is on duty was not made by the planner")
    found = Lived(
        published_by=readers[0].published_by if readers else "",
        version=readers[0].number if readers else 0,
        search=str(readers[0].search) if readers else "",
        on_duty=[one.login for one in readers],
        signed=signed,
    )
    return found, problems
