"""What is drawn to be read again, and what is withdrawn from it."""

from datetime import datetime, timedelta
from uuid import UUID

from plateau.kernel.caller import Role
from plateau.kernel.ids import VersionId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading import service as reading
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.second import rules
from plateau.reading.second.queries import readings
from plateau.reading.second.queries import ruling as ruling_queries
from plateau.reading.second.rules import Facts
from plateau.reading.second.types import Rule, Signed, State, Step
from plateau.reading.types import Kind, SignedReport

_PROOF = 500  # characters of why a loop ended


def draw(tx: Tx, version_id: VersionId, *, now: datetime) -> bool:
    """A signed report waits for a second reading if a rule draws it; safe to run twice.

    One that was retracted has nothing left to be compared with.
    """
    version = reading.signed(tx, version_id)
    if version.kind == Kind.RETRACTION:
        _withdraw(tx, version, now)
    if version.kind != Kind.FINAL or version.retracted:
        return False
    report = Signed(
        exam_id=version.exam_id,
        version_id=version.version_id,
        site_id=version.site_id,
        patient_id=version.patient_id,
        exam_code=version.exam_code,
        reader_id=version.signed_by,
        signed_at=version.signed_at,
    )
    on = local(version.signed_at).date()
    rule = rules.drawn_by(ruling_queries.rules_of(tx, report.site_id, on=on), report, on)
    if rule is None or not readings.add(tx, report, rule, now=now):
        return False
    state = rules.after(None, Step.DRAWN, Facts())
    readings.log(tx, report.exam_id, (Step.DRAWN, None, state), at=now)
    readings.set_loop(tx, report.exam_id, loop_id=_await_reading(tx, report, rule, now))
    tx.touch("reviews")
    return True


def _withdraw(tx: Tx, version: SignedReport, now: datetime) -> None:
    """Nobody reads again what was retracted; nothing when that is done, or was never drawn."""
    second = readings.open_one(tx, version.exam_id)
    if second is None:
        return
    before = State(second.state)
    state = rules.after(before, Step.WITHDRAWN, Facts())
    readings.withdraw(tx, version.exam_id)
    step = (Step.WITHDRAWN, before, state)
    readings.log(tx, version.exam_id, step, at=now, cause=version.reason)
    if second.loop_id:
        proof = version.reason[:_PROOF]
        loops.conclude(tx, second.loop_id, proof=proof, by=None, now=now, lapsed=True)
    tx.touch("reviews")


def _await_reading(tx: Tx, report: Signed, rule: Rule, now: datetime) -> UUID:
    what = Opening(
        kind="second_reading",
        exam_id=report.exam_id,
        patient_id=report.patient_id,
        site_id=report.site_id,
        text=N_("An exam is to be read again."),
        owner=Owner(None, Role.COORDINATOR),
        due_at=now + timedelta(hours=rule.within_hours),
    )
    return loops.open_loop(tx, what, by=None, now=now)
