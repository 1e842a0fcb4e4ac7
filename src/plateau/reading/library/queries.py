"""SQL of templates and macros."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.platform.db import Tx
from plateau.reading.library.types import Chapters, Macro, Template, Wish

_TEMPLATE: LiteralString = """
    select t.template_id, t.owner_id, t.name, t.starts, t.technique, t.result, t.conclusion,
           t.identifier, t.source is not null as has_source,
           array(select x.exam_code from reading.template_exam x
                 where x.template_id = t.template_id order by x.exam_code) as exam_codes,
           t.made_at, a.name as made_by, t.ended_at
    from reading.template t
    join access.account a on a.person_id = t.made_by
    where (t.owner_id is null or t.owner_id = %(person)s)
    """


def templates(tx: Tx, *, person_id: PersonId) -> list[Template]:
    """Those everybody has and a person's own, by name."""
    return tx.all(
        Template,
        _TEMPLATE + " and t.ended_at is null order by lower(t.name), t.template_id limit 1000",
        person=person_id,
    )


def ended(tx: Tx, *, person_id: PersonId) -> list[Template]:
    """The last that were withdrawn or replaced, the latest first."""
    return tx.all(
        Template,
        _TEMPLATE + " and t.ended_at is not null order by t.ended_at desc, t.template_id limit 50",
        person=person_id,
    )


def template(tx: Tx, template_id: UUID, *, person_id: PersonId) -> Template | None:
    """One template that a person has, ended or not."""
    return tx.maybe(
        Template, _TEMPLATE + " and t.template_id = %(id)s", person=person_id, id=template_id
    )


def source(tx: Tx, template_id: UUID) -> bytes | None:
    """The MRRT file that a template came from."""
    return tx.value(
        "select source from reading.template where template_id = %(id)s", id=template_id
    )


def of_exam(tx: Tx, exam_code: str, *, person_id: PersonId) -> list[Template]:
    """The templates of a type of exam, the one that a report starts from first."""
    return tx.all(
        Template,
        _TEMPLATE
        + """
          and t.ended_at is null and exists (
            select from reading.template_exam x
            where x.template_id = t.template_id and x.exam_code = %(exam)s)
        order by t.starts desc, t.owner_id is null, t.made_at desc, t.template_id
        limit 100
        """,
        person=person_id,
        exam=exam_code,
    )


def add_template(
    tx: Tx, template_id: UUID, wish: Wish, *, owner: PersonId | None, by: PersonId, at: datetime
) -> None:
    """Keep a template."""
    chapters: Chapters = wish.chapters
    tx.run(
        """
        insert into reading.template
          (template_id, owner_id, name, starts, technique, result, conclusion, identifier, source,
           made_by, made_at)
        values (%(id)s, %(owner)s, %(name)s, %(starts)s, %(technique)s, %(result)s, %(conclusion)s,
                %(identifier)s, %(source)s, %(by)s, %(at)s)
        """,
        id=template_id,
        owner=owner,
        name=wish.name,
        starts=wish.starts,
        technique=chapters.technique,
        result=chapters.result,
        conclusion=chapters.conclusion,
        identifier=wish.identifier,
        source=wish.source,
        by=by,
        at=at,
    )
    _add_exams(tx, template_id, wish.exam_codes)


def _add_exams(tx: Tx, template_id: UUID, exam_codes: Sequence[str]) -> None:
    tx.run_many(
        "insert into reading.template_exam (template_id, exam_code) values (%(id)s, %(exam)s)",
        [{"id": template_id, "exam": code} for code in exam_codes],
    )


def end_template(tx: Tx, template_id: UUID, *, by: PersonId, at: datetime) -> bool:
    """Nobody writes from it any more; whether somebody could until now."""
    ended_now = tx.run(
        """
        update reading.template set ended_at = %(at)s, ended_by = %(by)s
        where template_id = %(id)s and ended_at is null
        """,
        id=template_id,
        by=by,
        at=at,
    )
    return ended_now == 1


def macros(tx: Tx, *, person_id: PersonId) -> list[Macro]:
    """Those everybody has and a person's own, by short word; their own first."""
    return tx.all(
        Macro,
        """
        select m.macro_id, m.owner_id, m.short, m.text, m.made_at, a.name as made_by
        from reading.macro m join access.account a on a.person_id = m.made_by
        where m.ended_at is null and (m.owner_id is null or m.owner_id = %(person)s)
        order by m.short, m.owner_id is null
        limit 2000
        """,
        person=person_id,
    )


def put_macro(
    tx: Tx, macro: tuple[UUID, str, str], *, owner: PersonId | None, by: PersonId, at: datetime
) -> None:
    """Keep a macro, in place of the one of the same short word."""
    macro_id, short, text = macro
    tx.run(
        """
        update reading.macro set ended_at = %(at)s, ended_by = %(by)s
        where short = %(short)s and owner_id is not distinct from %(owner)s and ended_at is null
        """,
        short=short,
        owner=owner,
        by=by,
        at=at,
    )
    tx.run(
        """
        insert into reading.macro (macro_id, owner_id, short, text, made_by, made_at)
        values (%(id)s, %(owner)s, %(short)s, %(text)s, %(by)s, %(at)s)
        """,
        id=macro_id,
        owner=owner,
        short=short,
        text=text,
        by=by,
        at=at,
    )


def end_macro(tx: Tx, macro_id: UUID, *, by: PersonId, at: datetime) -> None:
    """Nobody writes with it any more."""
    tx.run(
        """
        update reading.macro set ended_at = %(at)s, ended_by = %(by)s
        where macro_id = %(id)s and ended_at is null
        """,
        id=macro_id,
        by=by,
        at=at,
    )
