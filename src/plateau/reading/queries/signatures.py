"""SQL of signed texts that are not final yet; reads and writes `reading.signature` alone."""

from datetime import datetime
from typing import LiteralString

from plateau.kernel.ids import ExamId, PersonId, VersionId
from plateau.platform.db import Tx
from plateau.reading.types import Save, Signature

_SIGNATURE: LiteralString = """
    select s.version_id, s.exam_id, t.patient_id, s.indication, s.technique, s.result, s.conclusion,
           s.signed_by, a.name as signer_name, s.signed_at, s.final_at
    from reading.signature s
    join reading.task t using (exam_id)
    join access.account a on a.person_id = s.signed_by
    where s.ended_at is null
    """


def add(
    tx: Tx,
    save: Save,
    *,
    version_id: VersionId,
    by: PersonId,
    at: datetime,
    final_at: datetime,
) -> None:
    """Keep a text that was just signed, until its signer recalls it or it is final."""
    sections = save.sections
    tx.run(
        """
        insert into reading.signature
          (version_id, exam_id, indication, technique, result, conclusion, signed_by, signed_at,
           final_at)
        values (%(id)s, %(exam)s, %(indication)s, %(technique)s, %(result)s, %(conclusion)s,
                %(by)s, %(at)s, %(final)s)
        """,
        id=version_id,
        exam=save.exam_id,
        indication=sections.indication,
        technique=sections.technique,
        result=sections.result,
        conclusion=sections.conclusion,
        by=by,
        at=at,
        final=final_at,
    )


def pending(tx: Tx, exam_id: ExamId) -> Signature | None:
    """The signed text of an exam that is not final yet."""
    return tx.maybe(Signature, _SIGNATURE + "and s.exam_id = %(exam)s", exam=exam_id)


def due(tx: Tx, *, wall: datetime, limit: int = 200) -> list[VersionId]:
    """What can no longer be recalled and is not final yet, the oldest first."""
    return tx.values(
        """
        select version_id from reading.signature
        where ended_at is null and final_at <= %(wall)s
        order by final_at, version_id
        limit %(limit)s
        """,
        wall=wall,
        limit=limit,
    )


def lock(tx: Tx, version_id: VersionId) -> Signature | None:
    """A text that nobody else makes final nor recalls until the transaction ends."""
    return tx.maybe(
        Signature,
        _SIGNATURE + "and s.version_id = %(id)s for update of t, s skip locked",
        id=version_id,
    )


def end(tx: Tx, version_id: VersionId, *, at: datetime, is_recalled: bool) -> None:
    """It is final, or a draft again."""
    tx.run(
        """
        update reading.signature set ended_at = %(at)s, is_recalled = %(recalled)s
        where version_id = %(id)s
        """,
        id=version_id,
        at=at,
        recalled=is_recalled,
    )
