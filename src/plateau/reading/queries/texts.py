"""SQL of drafts and of signed versions."""

from datetime import datetime
from typing import LiteralString

from plateau.kernel.ids import ExamId, PersonId, VersionId
from plateau.platform.db import Tx
from plateau.reading.types import Draft, Sections, SignedReport, Version


def draft(tx: Tx, exam_id: ExamId) -> Draft | None:
    """What is written of a report so far."""
    return tx.maybe(
        Draft,
        """
        select exam_id, indication, technique, result, conclusion, revision, saved_at, saved_by
        from reading.draft where exam_id = %(exam)s
        """,
        exam=exam_id,
    )


def write_draft(
    tx: Tx, exam_id: ExamId, sections: Sections, *, revision: int, at: datetime, by: PersonId
) -> Draft | None:
    """The draft after this save; None when `revision` is not the one that is kept."""
    return tx.maybe(
        Draft,
        """
        insert into reading.draft as d
          (exam_id, indication, technique, result, conclusion, revision, saved_at, saved_by)
        select %(exam)s, %(indication)s, %(technique)s, %(result)s, %(conclusion)s, 1, %(at)s,
               %(by)s
        where %(revision)s = 0
           or exists (select from reading.draft where exam_id = %(exam)s)
        on conflict (exam_id) do update
        set indication = excluded.indication, technique = excluded.technique,
            result = excluded.result, conclusion = excluded.conclusion,
            revision = d.revision + 1, saved_at = excluded.saved_at, saved_by = excluded.saved_by
        where d.revision = %(revision)s
        returning exam_id, indication, technique, result, conclusion, revision, saved_at, saved_by
        """,
        exam=exam_id,
        indication=sections.indication,
        technique=sections.technique,
        result=sections.result,
        conclusion=sections.conclusion,
        revision=revision,
        at=at,
        by=by,
    )


def drop_draft(tx: Tx, exam_id: ExamId) -> None:
    """Forget what was written: it is signed."""
    tx.run("delete from reading.draft where exam_id = %(exam)s", exam=exam_id)


def add_notice(tx: Tx, exam_id: ExamId, text: str, *, at: datetime) -> None:
    """The printed report says it, whatever becomes of the text."""
    tx.run(
        """
        insert into reading.notice (exam_id, text, at) values (%(exam)s, %(text)s, %(at)s)
        on conflict (exam_id, text) do nothing
        """,
        exam=exam_id,
        text=text,
        at=at,
    )


def notices(tx: Tx, exam_id: ExamId) -> list[str]:
    """What the printed report of an exam has to say beside its text, in order."""
    return tx.values(
        "select text from reading.notice where exam_id = %(exam)s order by at, text",
        exam=exam_id,
    )


def add_version(tx: Tx, version: Version) -> None:
    """Keep a signed version, for ever."""
    sections, seal = version.sections, version.seal
    tx.run(
        """
        insert into reading.version
          (version_id, exam_id, number, kind, indication, technique, result, conclusion, reason,
           signed_by, signed_at, duty_id, document_key, digest)
        values (%(id)s, %(exam)s, %(number)s, %(kind)s, %(indication)s, %(technique)s, %(result)s,
                %(conclusion)s, %(reason)s, %(by)s, %(at)s, %(duty)s, %(document)s, %(digest)s)
        """,
        id=version.version_id,
        exam=seal.exam_id,
        number=seal.number,
        kind=seal.kind,
        indication=sections.indication,
        technique=sections.technique,
        result=sections.result,
        conclusion=sections.conclusion,
        reason=seal.reason,
        by=seal.signed_by,
        at=seal.signed_at,
        duty=version.duty_id,
        document=version.document_key,
        digest=version.digest,
    )


_SIGNED: LiteralString = """
    select v.version_id, v.exam_id, t.site_id, t.patient_id, t.study_uid, e.accession_number,
           t.modality, t.exam_code, x.name as exam_name, t.urgency, t.complete_at, v.number,
           v.kind, v.reason, v.indication, v.technique, v.result, v.conclusion, v.signed_by,
           a.name as signer_name, p.rpps as signer_rpps, v.signed_at, v.duty_id, v.document_key,
           v.digest, v.kind <> 'retraction' and exists (
             select from reading.version w
             where w.exam_id = v.exam_id and w.number > v.number and w.kind = 'retraction')
             as retracted
    from reading.version v
    join reading.task t using (exam_id)
    join requests.exam e using (exam_id)
    join territory.exam_type x on x.exam_code = t.exam_code
    join access.account a on a.person_id = v.signed_by
    left join territory.practitioner p on p.person_id = v.signed_by
    """


def signed(tx: Tx, version_id: VersionId) -> SignedReport:
    """One signed version, with whom and what it is about."""
    return tx.one(SignedReport, _SIGNED + "where v.version_id = %(id)s", id=version_id)


def versions(tx: Tx, exam_id: ExamId) -> list[SignedReport]:
    """Every signed version of a report, the first one first."""
    return tx.all(
        SignedReport,
        _SIGNED + "where v.exam_id = %(exam)s order by v.number",
        exam=exam_id,
    )
