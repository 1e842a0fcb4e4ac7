"""SQL of questions about an exam."""

from collections.abc import Set
from datetime import datetime
from typing import LiteralString

from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.requests.types import Question

_QUESTION: LiteralString = """
    select q.question_id, q.exam_id, e.accession_number, q.cause, q.owner, q.stops_clock, q.text,
           q.asked_at, a.name as asked_by, q.answer, q.answered_at, b.name as answered_by
    from requests.question q
    join requests.exam e using (exam_id)
    join access.account a on a.person_id = q.asked_by
    left join access.account b on b.person_id = q.answered_by
    """


def add(tx: Tx, exam_id: ExamId, *, asked: tuple[str, str, bool], text: str, at: datetime,
        by: PersonId) -> bool:  # fmt: skip
    """Record a question: its cause, whose it is, whether the clock stops; False if open already."""
    cause, owner, stops = asked
    added = tx.run(
        """
        insert into requests.question (exam_id, cause, owner, stops_clock, text, asked_at, asked_by)
        values (%(exam)s, %(cause)s, %(owner)s, %(stops)s, %(text)s, %(at)s, %(by)s)
        on conflict (exam_id, cause) where answered_at is null do nothing
        """,
        exam=exam_id,
        cause=cause,
        owner=owner,
        stops=stops,
        text=text,
        at=at,
        by=by,
    )
    return added == 1


def answer(tx: Tx, question_id: int, *, text: str, at: datetime, by: PersonId) -> bool:
    """Record the answer; False when somebody has answered already."""
    changed = tx.run(
        """
        update requests.question
        set answer = %(text)s, answered_at = greatest(%(at)s, asked_at), answered_by = %(by)s
        where question_id = %(id)s and answered_at is null
        """,
        id=question_id,
        text=text,
        at=at,
        by=by,
    )
    return changed == 1


def one(tx: Tx, question_id: int, *, exam_id: ExamId) -> Question:
    """One question about that exam."""
    return tx.one(
        Question,
        _QUESTION + "where q.question_id = %(id)s and q.exam_id = %(exam)s",
        id=question_id,
        exam=exam_id,
    )


def of_exam(tx: Tx, exam_id: ExamId) -> list[Question]:
    """Everything asked about an exam, the first question first."""
    return tx.all(
        Question,
        _QUESTION + "where q.exam_id = %(exam)s order by q.question_id limit 100",
        exam=exam_id,
    )


def unanswered(tx: Tx, *, sites: Set[SiteId], owner: str) -> list[Question]:
    """The open questions of `sites` to technologists or to requesters, the oldest first."""
    return tx.all(
        Question,
        _QUESTION
        + """
        where q.answered_at is null and q.owner = %(owner)s and e.site_id = any(%(sites)s)
        order by q.asked_at, q.question_id
        limit 50
        """,
        sites=list(sites),
        owner=owner,
    )
