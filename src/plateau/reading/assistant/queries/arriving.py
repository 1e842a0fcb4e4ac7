"""SQL of drafts that come in, and of what they wait for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx, json
from plateau.reading.assistant.types import Arrival, Awaited, Model, Reported, Switch


def model_of(tx: Tx, *, token_hash: bytes) -> Model | None:
    """The program that holds a token, unless it was closed."""
    return tx.maybe(
        Model,
        """
        select model_id, name, version, maker from reading.model
        where token_hash = %(hash)s and closed_at is null
        """,
        hash=token_hash,
    )


def reported(tx: Tx, *, study_uid: str, accession_number: str) -> Reported | None:
    """The exam of a study, if it is in the worklist under that accession number."""
    return tx.maybe(
        Reported,
        """
        select t.exam_id, t.site_id, t.patient_id, t.exam_code, e.accession_number, t.state
        from reading.task t join requests.exam e using (exam_id)
        where t.study_uid = %(uid)s and e.accession_number = %(accession)s
        """,
        uid=study_uid,
        accession=accession_number,
    )


def switch_on(tx: Tx, model_id: UUID, exam: Reported, *, now: datetime) -> Switch | None:
    """What lets a program propose a draft of that exam now; nothing unless it is switched on."""
    return tx.maybe(
        Switch,
        """
        select switch_id, salt, model_id, site_id, exam_code, blind_permille, usual_permille,
               limit_permille, quiet_for
        from reading.model_switch
        where model_id = %(model)s and site_id = %(site)s and exam_code = %(code)s
          and valid_from <= %(now)s and ended_at is null
        for share
        """,
        model=model_id,
        site=exam.site_id,
        code=exam.exam_code,
        now=now,
    )


def sent_before(tx: Tx, model_id: UUID, *, key: str, exam_id: ExamId) -> tuple[UUID, bool] | None:
    """The draft that a program has sent of that exam or under that key, and whether both agree."""
    found = tx.values(
        """
        select array[proposal_id::text, (exam_id = %(exam)s and sender_key = %(key)s)::text]
        from reading.proposal
        where model_id = %(model)s and (exam_id = %(exam)s or sender_key = %(key)s)
        order by exam_id = %(exam)s and sender_key = %(key)s, proposal_id
        """,
        model=model_id,
        key=key,
        exam=exam_id,
    )
    return (UUID(found[0][0]), found[0][1] == "true") if found else None


def add(
    tx: Tx,
    proposal_id: UUID,
    arrival: Arrival,
    *,
    of: tuple[ExamId, Switch],
    blind: bool,
    now: datetime,
) -> None:
    """Keep a draft, as it will always be."""
    exam_id, switch = of
    tx.run(
        """
        insert into reading.proposal
          (proposal_id, exam_id, model_id, switch_id, sender_key, received_at, result, conclusion,
           abnormal, blind, document)
        values (%(id)s, %(exam)s, %(model)s, %(switch)s, %(key)s, %(now)s, %(result)s,
                %(conclusion)s, %(abnormal)s, %(blind)s, %(document)s)
        """,
        id=proposal_id,
        exam=exam_id,
        model=switch.model_id,
        switch=switch.switch_id,
        key=arrival.key,
        now=now,
        result=arrival.result,
        conclusion=arrival.conclusion,
        abnormal=arrival.abnormal,
        blind=blind,
        document=json(arrival.document),
    )


def awaited(tx: Tx, model_id: UUID, *, now: datetime, limit: int) -> list[Awaited]:
    """The exams that are not signed and that a program, switched on, has sent no draft of."""
    return tx.all(
        Awaited,
        """
        select t.exam_id, t.study_uid, e.accession_number, t.exam_code, x.name as exam_name,
               t.modality, t.complete_at
        from reading.task t
        join requests.exam e using (exam_id)
        join territory.exam_type x on x.exam_code = t.exam_code
        join reading.model_switch w on w.site_id = t.site_id and w.exam_code = t.exam_code
        where w.model_id = %(model)s and w.valid_from <= %(now)s and w.ended_at is null
          and t.signed_at is null
          and not exists (
            select from reading.proposal p
            where p.exam_id = t.exam_id and p.model_id = w.model_id)
        order by t.urgency, t.due_at, t.exam_id
        limit %(limit)s
        """,
        model=model_id,
        now=now,
        limit=limit,
    )


def document(tx: Tx, model_id: UUID, proposal_id: UUID) -> dict[str, Any] | None:
    """What a program once sent, as it came."""
    return tx.value(
        """
        select document from reading.proposal
        where proposal_id = %(id)s and model_id = %(model)s
        """,
        id=proposal_id,
        model=model_id,
    )
