"""Templates and macros: everybody's, kept by coordinators and administrators, and readers' own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import service as images
from plateau.kernel import merge_fields
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import PersonId
from plateau.kernel.merge_fields import Field
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import wording
from plateau.reading.library import mrrt, queries, rules
from plateau.reading.library.types import Chapters, Macro, Offer, Offered, Shelf, Template, Wish
from plateau.reading.queries import lists
from plateau.requests.types import ExamSheet
from plateau.territory import service as territory

_KEEPERS = (Role.COORDINATOR, Role.ADMINISTRATOR)


def shelf(tx: Tx, caller: Caller) -> Shelf:
    """Every template and macro that the caller may write from, or keeps for everybody."""
    if not caller.is_one_of(Role.READER, *_KEEPERS):
        raise NotFoundError("this page does not exist, or is not yours to see")
    return Shelf(
        templates=queries.templates(tx, person_id=caller.person_id),
        ended=queries.ended(tx, person_id=caller.person_id),
        macros=queries.macros(tx, person_id=caller.person_id),
        exam_types=territory.exam_types(tx),
        may_share=caller.is_one_of(*_KEEPERS),
        may_own=caller.is_one_of(Role.READER),
    )


def template(tx: Tx, caller: Caller, template_id: UUID) -> Template:
    """One template of the shelf."""
    found = queries.template(tx, template_id, person_id=caller.person_id)
    if found is None or not caller.is_one_of(Role.READER, *_KEEPERS):
        raise NotFoundError("there is no such template")
    return found


def may_change(caller: Caller, owner: PersonId | None) -> bool:
    """Whether the caller keeps a template or a macro: their own, or everybody's."""
    if owner is not None:
        return owner == caller.person_id
    return caller.is_one_of(*_KEEPERS)


def add(tx: Tx, caller: Caller, wish: Wish, *, now: datetime) -> UUID:
    """A template is kept, everybody's or the caller's own; its identifier."""
    tidied = rules.tidy(wish)
    owner = _owner(caller, shared=wish.shared)
    known = {one.exam_code for one in territory.exam_types(tx)}
    if not known.issuperset(tidied.exam_codes):
        raise InvalidInputError("there is no such exam")
    template_id = uuid4()
    queries.add_template(tx, template_id, tidied, owner=owner, by=caller.person_id, at=now)
    _record(tx, caller, "template.add", template_id, now)
    return template_id


def change(tx: Tx, caller: Caller, template_id: UUID, wish: Wish, *, now: datetime) -> UUID:
    """Another text takes the place of a template, which stays among those that ended."""
    old = end(tx, caller, template_id, now=now)
    source = queries.source(tx, template_id)
    return add(tx, caller, replace(wish, identifier=old.identifier, source=source), now=now)


def end(tx: Tx, caller: Caller, template_id: UUID, *, now: datetime) -> Template:
    """Nobody writes from a template any more; what it was."""
    old = template(tx, caller, template_id)
    if not may_change(caller, old.owner_id):
        raise NotFoundError("there is no such template of yours")
    if not queries.end_template(tx, template_id, by=caller.person_id, at=now):
        raise ConflictError("somebody has changed or withdrawn this template")
    _record(tx, caller, "template.end", template_id, now)
    return old


def bring_back(tx: Tx, caller: Caller, template_id: UUID, *, now: datetime) -> UUID:
    """A template as it was before it ended, beside those that are in use."""
    old = template(tx, caller, template_id)
    if not may_change(caller, old.owner_id):
        raise NotFoundError("there is no such template of yours")
    wish = Wish(
        name=old.name,
        chapters=_chapters(old),
        exam_codes=old.exam_codes,
        starts=old.starts,
        shared=old.owner_id is None,
        identifier=old.identifier,
        source=queries.source(tx, template_id),
    )
    return add(tx, caller, wish, now=now)


def bring_in(tx: Tx, caller: Caller, data: bytes, wish: Wish, *, now: datetime) -> UUID:
    """A template from an MRRT file; its title names it unless `wish` does."""
    said = mrrt.read(data)
    whole = replace(
        wish,
        name=wish.name.strip() or said.title[:100],
        chapters=said.chapters,
        identifier=said.identifier,
        source=data,
    )
    return add(tx, caller, whole, now=now)


def written(tx: Tx, caller: Caller, template_id: UUID) -> str:
    """A template as an MRRT file."""
    one = template(tx, caller, template_id)
    return mrrt.write(one.name, one.identifier or str(one.template_id), _chapters(one))


def put_macro(
    tx: Tx, caller: Caller, said: tuple[str, str], *, shared: bool, now: datetime
) -> None:
    """A short word stands for a text from now on, whatever it stood for."""
    short, text = rules.tidy_macro(*said)
    owner, macro_id = _owner(caller, shared=shared), uuid4()
    queries.put_macro(tx, (macro_id, short, text), owner=owner, by=caller.person_id, at=now)
    _record(tx, caller, "macro.put", macro_id, now)


def end_macro(tx: Tx, caller: Caller, macro_id: UUID, *, now: datetime) -> None:
    """A short word stands for nothing any more."""
    found = [
        one for one in queries.macros(tx, person_id=caller.person_id) if one.macro_id == macro_id
    ]
    if not found or not may_change(caller, found[0].owner_id):
        raise NotFoundError("there is no such macro of yours")
    queries.end_macro(tx, macro_id, by=caller.person_id, at=now)
    _record(tx, caller, "macro.end", macro_id, now)


def offer(tx: Tx, blobs: Blobs, sheet: ExamSheet, *, reader_id: PersonId) -> Offer:
    """What a reader may put into the report of an exam, merge fields filled from its data."""
    values = _values(tx, blobs, sheet)
    found = queries.of_exam(tx, sheet.exam.exam_code, person_id=reader_id)
    offered = [
        Offered(
            name=one.name, is_mine=one.owner_id is not None, chapters=_fill(_chapters(one), values)
        )
        for one in found
    ]
    start = offered[0].chapters if found and found[0].starts else _fill(_own(sheet), values)
    macros = queries.macros(tx, person_id=reader_id)
    return Offer(
        start=start,
        templates=offered,
        macros=[(one.short, merge_fields.fill(one.text, values)) for one in _first(macros)],
    )


def _first(macros: list[Macro]) -> list[Macro]:
    """One macro by short word: a reader's own goes before everybody's."""
    return list({one.short: one for one in reversed(macros)}.values())[::-1]


def _own(sheet: ExamSheet) -> Chapters:
    """The texts of the type of exam, in the territory's file."""
    kind = sheet.exam_type
    return Chapters(technique=kind.technique, result=kind.result, conclusion=kind.conclusion)


def _chapters(one: Template) -> Chapters:
    return Chapters(technique=one.technique, result=one.result, conclusion=one.conclusion)


def _fill(chapters: Chapters, values: Mapping[Field, str]) -> Chapters:
    return Chapters(
        technique=merge_fields.fill(chapters.technique, values),
        result=merge_fields.fill(chapters.result, values),
        conclusion=merge_fields.fill(chapters.conclusion, values),
    )


def _values(tx: Tx, blobs: Blobs, sheet: ExamSheet) -> Mapping[Field, str]:
    study_uid = sheet.exam.study_uid
    dose = images.dose_of(tx, blobs, study_uid=study_uid)
    patient_id = sheet.patient.patient_id
    priors = lists.priors(tx, patient_id=patient_id, study_uid=study_uid, sites=None, limit=1)
    return wording.merged_values(sheet, dose, priors[0] if priors else None)


def _owner(caller: Caller, *, shared: bool) -> PersonId | None:
    if shared and caller.is_one_of(*_KEEPERS):
        return None
    if not shared and caller.is_one_of(Role.READER):
        return caller.person_id
    raise NotFoundError("coordinators and administrators keep what everybody writes from")


def _record(tx: Tx, caller: Caller, action: str, of: UUID, now: datetime) -> None:
    access.record(tx, caller, Access(action=action, subject=f"library:{of}"), at=now)
