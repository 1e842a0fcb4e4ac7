"""SQL of a draft before its reader, and of what becomes of it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import ExamId, PersonId, SiteId, VersionId
from plateau.platform.db import Tx
from plateau.reading.assistant.types import (
    Check,
    CheckLine,
    Choice,
    Entry,
    Judgement,
    Proposal,
    Reading,
    Switch,
)


def proposal(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> Proposal | None:
    """The last draft proposed of an exam of `sites`."""
    return tx.maybe(
        Proposal,
        """
        select p.proposal_id, p.exam_id, w.site_id, p.switch_id, m.name as model_name,
               m.version as model_version, p.received_at, p.result, p.conclusion, p.abnormal,
               p.blind, w.ended_at is null as is_on, d.decision, d.by as decided_by,
               d.at as decided_at, d.reason, d.found_abnormal
        from reading.proposal p
        join reading.model m using (model_id)
        join reading.model_switch w using (switch_id)
        left join reading.proposal_decision d using (proposal_id)
        where p.exam_id = %(exam)s and w.site_id = any(%(sites)s)
        order by p.received_at desc, p.proposal_id
        limit 1
        """,
        exam=exam_id,
        sites=list(sites),
    )


def add_decision(tx: Tx, proposal_id: UUID, choice: Choice, *, by: PersonId, at: datetime) -> bool:
    """What a reader decided is written for ever; False when somebody had decided."""
    touched = tx.run(
        """
        insert into reading.proposal_decision
          (proposal_id, decision, reason, found_abnormal, by, at)
        values (%(id)s, %(decision)s, %(reason)s, %(abnormal)s, %(by)s, %(at)s)
        on conflict (proposal_id) do nothing
        """,
        id=proposal_id,
        decision=choice.decision,
        reason=choice.reason,
        abnormal=choice.found_abnormal,
        by=by,
        at=at,
    )
    return touched == 1


def reading(tx: Tx, version_id: VersionId) -> Reading | None:
    """A version that ends the reading of its exam; None for an addendum."""
    return tx.maybe(
        Reading,
        """
        select v.version_id, v.exam_id, v.signed_by as reader_id, v.result, v.conclusion,
               v.signed_at, t.taken_at
        from reading.version v join reading.task t using (exam_id)
        where v.version_id = %(id)s and v.kind = 'final'
        """,
        id=version_id,
    )


def add_entry(tx: Tx, entry: Entry) -> bool:
    """What became of a draft is in the ledger; False when it was there."""
    touched = tx.run(
        """
        insert into reading.proposal_outcome
          (proposal_id, version_id, reader_id, outcome, reading_s, distance_permille,
           draft_abnormal, signed_at)
        values (%(id)s, %(version)s, %(reader)s, %(outcome)s, %(seconds)s, %(distance)s,
                %(abnormal)s, %(at)s)
        on conflict (proposal_id) do nothing
        """,
        id=entry.proposal_id,
        version=entry.version_id,
        reader=entry.reader_id,
        outcome=entry.outcome,
        seconds=entry.reading_s,
        distance=entry.distance_permille,
        abnormal=entry.draft_abnormal,
        at=entry.signed_at,
    )
    return touched == 1


def add_judgement(tx: Tx, judgement: Judgement, *, at: datetime) -> bool:
    """Whether a draft and its report disagree is written for ever; False when it was."""
    touched = tx.run(
        """
        insert into reading.proposal_judgement
          (proposal_id, disagrees, found_abnormal, score, comment, by, at)
        values (%(id)s, %(disagrees)s, %(abnormal)s, %(score)s, %(comment)s, %(by)s, %(at)s)
        on conflict (proposal_id) do nothing
        """,
        id=judgement.proposal_id,
        disagrees=judgement.disagrees,
        abnormal=judgement.found_abnormal,
        score=judgement.score,
        comment=judgement.comment,
        by=judgement.by,
        at=at,
    )
    return touched == 1


def lock_switch(tx: Tx, switch_id: UUID) -> Switch | None:
    """Wait for, then lock what lets a program propose; None when it has ended."""
    return tx.maybe(
        Switch,
        """
        select switch_id, salt, model_id, site_id, exam_code, blind_permille, usual_permille,
               limit_permille, quiet_for
        from reading.model_switch
        where switch_id = %(id)s and ended_at is null
        for update
        """,
        id=switch_id,
    )


def judgements(tx: Tx, switch_id: UUID) -> list[bool]:
    """Whether each draft that was judged disagreed, in the order of judgements."""
    return tx.values(
        """
        select j.disagrees
        from reading.proposal_judgement j join reading.proposal p using (proposal_id)
        where p.switch_id = %(id)s
        order by j.judgement_id
        """,
        id=switch_id,
    )


def to_check(tx: Tx, *, sites: Collection[SiteId], limit: int = 200) -> list[CheckLine]:
    """The drafts that a person has to compare with what was signed, the oldest first."""
    return tx.all(
        CheckLine,
        """
        select p.proposal_id, p.exam_id, a.surname, a.first_name, x.name as exam_name,
               x.name_en as exam_name_en, s.name as site_name, m.name as model_name,
               m.version as model_version, o.outcome, o.signed_at
        from reading.proposal_outcome o
        join reading.proposal p using (proposal_id)
        join reading.model m using (model_id)
        join reading.task t on t.exam_id = p.exam_id
        join patients.patient a using (patient_id)
        join territory.exam_type x on x.exam_code = t.exam_code
        join territory.site s on s.site_id = t.site_id
        where t.site_id = any(%(sites)s)
          and not exists (
            select from reading.proposal_judgement j where j.proposal_id = o.proposal_id)
        order by o.signed_at, p.proposal_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def check(tx: Tx, proposal_id: UUID, *, sites: Collection[SiteId]) -> Check:
    """A draft of `sites` beside what was signed."""
    return tx.one(
        Check,
        """
        select p.proposal_id, p.exam_id, t.site_id, t.patient_id, t.study_uid,
               e.accession_number, p.switch_id, m.name as model_name,
               m.version as model_version, o.outcome, p.result as draft_result,
               p.conclusion as draft_conclusion, p.abnormal as draft_abnormal, v.result,
               v.conclusion, b.name as signer_name, v.signed_at, j.score
        from reading.proposal_outcome o
        join reading.proposal p using (proposal_id)
        join reading.model m using (model_id)
        join reading.version v using (version_id)
        join access.account b on b.person_id = v.signed_by
        join reading.task t on t.exam_id = p.exam_id
        join requests.exam e on e.exam_id = p.exam_id
        left join reading.proposal_judgement j on j.proposal_id = p.proposal_id
        where p.proposal_id = %(id)s and t.site_id = any(%(sites)s)
        """,
        id=proposal_id,
        sites=list(sites),
    )
