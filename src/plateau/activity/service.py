"""Counting readings, and showing what was counted."""

from datetime import datetime

from plateau.activity import queries, rules
from plateau.activity.agreements import service as agreements
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Correction
from plateau.activity.types import Act, Counted, Entry, Period, Scope, Summary, Table
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId, VersionId
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.web.language import gettext as _
from plateau.web.language import speaking

_LANGUAGE = "fr"  # of the territory: the ledger is read by all its members
_STEERING = (Role.MANAGER, Role.COORDINATOR, Role.ADMINISTRATOR)


def count(tx: Tx, *, version_id: VersionId, now: datetime) -> bool:
    """The reading that a final report concludes is in the ledger; False if it was, or is none.

    An addendum belongs to a reading that is counted already; a retraction takes it back.
    """
    act = queries.act(tx, version_id)
    if act.kind == "retraction":
        _take_back(tx, act, now)
    if act.kind != "final" or act.retracted:
        return False
    reading = rules.reading(act)
    facts = [reading, *rules.fee_of(reading, agreements.agreements(tx))]
    return ledger.append(tx, facts, at=now) > 0


def scope_of(caller: Caller) -> Scope:
    """The sites somebody answers for, and their own readings; NotFoundError when neither."""
    if not caller.is_one_of(Role.READER, *_STEERING):
        raise NotFoundError("there is no activity to show you")
    own = caller.person_id if caller.is_one_of(Role.READER) else None
    return Scope(sites=caller.sites_as(*_STEERING), person_id=own)


def summaries(tx: Tx, *, scope: Scope, period: Period) -> list[Summary]:
    """The delays of each urgency over the period."""
    return rules.summaries(queries.delays(tx, scope=scope, period=period))


def table(tx: Tx, *, scope: Scope, period: Period) -> Table:
    """Readings by reader and member over the period."""
    return rules.table(queries.tallies(tx, scope=scope, period=period))


def entries(tx: Tx, *, scope: Scope, period: Period, limit: int = 50) -> list[Entry]:
    """The newest entries of the period."""
    return queries.entries(tx, scope=scope, period=period, limit=limit)


def counted(tx: Tx, caller: Caller, *, exam_id: ExamId) -> list[Counted]:
    """How an exam of the caller's sites was counted; empty when it was not yet."""
    return queries.counted(tx, exam_id, sites=caller.sites)


def _take_back(tx: Tx, retraction: Act, now: datetime) -> None:
    """What was counted of a report counts no more from the day when it was retracted."""
    on = local(retraction.signed_at).date()
    with speaking(_LANGUAGE):
        reason = _("the report was retracted")
    for entry_id in queries.readings_before(tx, retraction.version_id):
        ledger.correct(tx, Correction(entry_id=entry_id, on=on, reason=reason), at=now)
