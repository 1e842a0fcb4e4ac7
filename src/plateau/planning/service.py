"""Who is on duty, and publishing a roster."""

from collections.abc import Sequence
from datetime import date, datetime

from plateau.kernel.ids import PersonId, SiteId
from plateau.planning import queries, rules
from plateau.planning.types import Coverage, OnCall, OnDuty, Operator, Roster, ShareNote
from plateau.platform.db import Tx


def on_duty(tx: Tx, *, site_id: SiteId, at: datetime) -> list[OnDuty]:
    """Who answers for a site at `at`, in the order in which they are called."""
    found = queries.in_progress(tx, at=at, site_id=site_id)
    return [coverage.on_duty for coverage in found if rules.covers(coverage, at)]


def on_call(tx: Tx, *, at: datetime) -> list[OnCall]:
    """Every site of the territory with those who answer for it at `at`, or nobody."""
    return rules.on_call(
        queries.open_sites(tx, at=at),
        queries.in_progress(tx, at=at),
        queries.operators(tx, at=at),
        at=at,
    )


def answering(tx: Tx, *, site_id: SiteId, at: datetime) -> Sequence[Coverage | Operator]:
    """Who answers for a site at `at`: people on duty, else a private operator, or nobody."""
    found = next((one for one in on_call(tx, at=at) if one.site.site_id == site_id), None)
    return found.answering if found else ()


def sites_on_duty(tx: Tx, *, person_id: PersonId, at: datetime) -> dict[SiteId, OnDuty]:
    """The sites that a person answers for at `at`, each with the duty that makes them do so."""
    found = queries.in_progress(tx, at=at, person_id=person_id)
    return {coverage.site_id: coverage.on_duty for coverage in found if rules.covers(coverage, at)}


def families(tx: Tx, *, machines: Sequence[str], on: date) -> dict[str, list[str]]:
    """The machines among these whose sessions are planned on a day, by family."""
    found: dict[str, list[str]] = {}
    for row in queries.families(tx, machines=machines, on=on):
        found.setdefault(row.family, []).append(row.machine)
    return found


def note_shares(tx: Tx, notes: Sequence[ShareNote], *, on: date, at: datetime) -> None:
    """Rosters that begin after a day pay back what members had done up to it beyond their shares.

    Saying it again of the same day corrects it.
    """
    queries.put_shares(tx, notes, on=on, at=at)


def publish(tx: Tx, roster: Roster, *, at: datetime) -> int:
    """The roster holds for its lines: the number of duties added, changed or taken back.

    A duty that has begun is history and stays as it is; the others follow the roster. Publishing
    the same roster again changes nothing. On days that a roster of the planner is published for,
    that one holds, whatever this one lists.
    """
    planned = queries.planned_days(tx, line_ids=roster.lines.keys())
    known, listed = (
        rules.unplanned(duties, roster.lines, planned)
        for duties in (queries.duties(tx, line_ids=roster.lines.keys()), rules.expand_all(roster))
    )
    plan = rules.replan(known, listed, at=at)
    queries.remove_duties(tx, plan.removed)
    queries.put_duties(tx, plan.written)
    if plan.size:
        tx.touch("duty")
    return plan.size
