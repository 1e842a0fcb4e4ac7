"""What becomes of drafts: the ledger, comparisons, and the program that is stopped by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import VersionId
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading.assistant import rules
from plateau.reading.assistant.queries import deciding as queries
from plateau.reading.assistant.queries import switching
from plateau.reading.assistant.types import (
    Check,
    CheckLine,
    Decision,
    Drift,
    Ending,
    Entry,
    Judgement,
    Proposal,
    Reading,
    Reason,
)
from plateau.territory import service as territory

_LONGEST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How far a draft is from what was signed, and whether the exam shows anything abnormal."""

    score: int
    found_abnormal: bool
    comment: str


def enter(tx: Tx, version_id: VersionId, *, now: datetime) -> bool:
    """What became of the draft of a signed exam is in the ledger; safe to run twice."""
    read = queries.reading(tx, version_id)
    if read is None:
        return False
    sites = {site.site_id for site in territory.sites(tx)}
    found = queries.proposal(tx, read.exam_id, sites=sites)
    if found is None or found.received_at > read.signed_at:
        return False
    entry = _entry(found, read)
    if not queries.add_entry(tx, entry):
        return False
    disagrees = rules.disagreement(entry.outcome, Reason(found.reason) if found.reason else None)
    if disagrees is not None:
        told = found.abnormal if found.found_abnormal is None else found.found_abnormal
        judgement = Judgement(
            proposal_id=found.proposal_id, disagrees=disagrees, found_abnormal=told
        )
        _judge(tx, judgement, found.switch_id, now=now)
    tx.touch("assistant")
    return True


def _entry(found: Proposal, read: Reading) -> Entry:
    permille = rules.distance_permille(
        f"{found.result}\n{found.conclusion}", f"{read.result}\n{read.conclusion}"
    )
    decision = Decision(found.decision) if found.decision else None
    took = read.signed_at - read.taken_at if read.taken_at else None
    return Entry(
        proposal_id=found.proposal_id,
        version_id=read.version_id,
        reader_id=read.reader_id,
        outcome=rules.outcome(blind=found.blind, decision=decision, permille=permille),
        reading_s=int(took.total_seconds()) if took else None,
        distance_permille=permille,
        draft_abnormal=found.abnormal,
        signed_at=read.signed_at,
    )


def checks(tx: Tx, caller: Caller, *, now: datetime) -> Sequence[CheckLine]:
    """The drafts of the caller's sites that a reader has to compare with what was signed."""
    sites = caller.sites_as(Role.READER)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    access.record(tx, caller, Access(action="assistant.checks", subject="assistant"), at=now)
    return queries.to_check(tx, sites=sites)


def check(tx: Tx, caller: Caller, proposal_id: UUID, *, now: datetime) -> Check:
    """One draft beside what was signed."""
    found = queries.check(tx, proposal_id, sites=caller.sites_as(Role.READER))
    _record(tx, caller, found, "assistant.compare", now)
    return found


def compare(tx: Tx, caller: Caller, proposal_id: UUID, said: Comparison, *, now: datetime) -> None:
    """A reader has said how far a draft is from the report; too far too often stops its program."""
    found = queries.check(tx, proposal_id, sites=caller.sites_as(Role.READER))
    comment = said.comment.strip()
    if not 0 <= said.score <= 4:
        raise InvalidInputError("a score goes from 0 to 4")
    if len(comment) > _LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=_LONGEST)
    judgement = Judgement(
        proposal_id=proposal_id,
        disagrees=said.score >= rules.MAJOR,
        found_abnormal=said.found_abnormal,
        score=said.score,
        comment=comment,
        by=caller.person_id,
    )
    if not _judge(tx, judgement, found.switch_id, now=now):
        raise ConflictError("somebody has compared this draft")
    _record(tx, caller, found, "assistant.score", now)
    tx.touch("assistant")


def _judge(tx: Tx, judgement: Judgement, switch_id: UUID, *, now: datetime) -> bool:
    """Write a judgement; past the limit, the program is off at its site from now on."""
    switch = queries.lock_switch(tx, switch_id)
    if not queries.add_judgement(tx, judgement, at=now):
        return False
    if switch is None:
        return True
    seen = rules.drift(queries.judgements(tx, switch_id), switch.limit)
    if seen.is_over:
        ending = Ending(why=f"{seen.disagreed}/{seen.judged}", at=now)
        switching.end(tx, ending, model_id=switch.model_id, sites={switch.site_id})
        _tell(tx, switch_id, seen, at=now)
    return True


def _tell(tx: Tx, switch_id: UUID, seen: Drift, *, at: datetime) -> None:
    """Those who answer for the site hear that a program is stopped there."""
    line = switching.name_of(tx, switch_id)
    for person_id in switching.supervisors(tx, line.site_id):
        notify.tell(
            tx,
            person_id=person_id,
            kind="assistant.stopped",
            text=N_(
                "{model} is switched off at {site}: {disagreed} of its last {judged} judged drafts "
                "disagreed with the reader"
            ),
            values={
                "model": f"{line.model_name} {line.model_version}",
                "site": line.site_name,
                "disagreed": seen.disagreed,
                "judged": seen.judged,
            },
            link="/assistant",
            at=at,
            urgent=True,
            key=f"assistant.stopped:{switch_id}:{person_id}",
        )


def _record(tx: Tx, caller: Caller, found: Check, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{found.exam_id}",
        patient_id=found.patient_id,
        site_id=found.site_id,
    )
    access.record(tx, caller, what, at=now)
