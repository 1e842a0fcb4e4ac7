"""A draft before the reader who holds its exam: seen by them alone, accepted, taken or rejected."""

from dataclasses import dataclass
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import ExamId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import service as reading
from plateau.reading.assistant import rules
from plateau.reading.assistant.queries import deciding as queries
from plateau.reading.assistant.types import Choice, Decision, Proposal
from plateau.reading.library import service as library
from plateau.reading.queries import tasks, texts
from plateau.reading.types import Held, Save, State
from plateau.requests import service as requests
from plateau.web.language import gettext as _
from plateau.web.language import speaking

_LANGUAGE = "fr"  # of the territory: a report is read long after, by others than its author


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What the reading page says of a draft; nothing to whoever does not hold the exam."""

    exam_id: ExamId
    proposal: Proposal | None
    may_accept: bool  # nobody has written anything yet


def panel(tx: Tx, blobs: Blobs, caller: Caller, exam_id: ExamId, *, now: datetime) -> Panel:
    """The draft of an exam that the caller holds; showing one leaves its trace."""
    held = tasks.held(tx, exam_id, sites=caller.sites_as(Role.READER, Role.COORDINATOR))
    found = _shown(tx, caller, held)
    if found is None:
        return Panel(exam_id=exam_id, proposal=None, may_accept=False)
    _record(tx, caller, held, "assistant.view", now)
    starting, kept = _texts(tx, blobs, caller, exam_id)
    may_accept = rules.is_untouched(starting, kept)
    return Panel(exam_id=exam_id, proposal=found, may_accept=may_accept)


def decide(
    tx: Tx,
    blobs: Blobs,
    caller: Caller,
    said: tuple[ExamId, Choice],
    *,
    now: datetime,
    wall: datetime,
) -> None:
    """The reader has accepted, taken or rejected the draft; accepted or taken, it is their text.

    It is their draft from then on, not a report: only their signature makes it one.
    """
    exam_id, choice = said
    sites = caller.sites_as(Role.READER)
    if not tasks.lock(tx, exam_id=exam_id, sites=sites):
        raise NotFoundError("there is no such exam to read")
    held = tasks.held(tx, exam_id, sites=sites)
    found = _shown(tx, caller, held)
    if found is None:
        raise NotFoundError("there is no draft to decide on")
    _require_said(choice)
    if not queries.add_decision(tx, found.proposal_id, choice, by=caller.person_id, at=now):
        raise ConflictError("somebody has decided on this draft")
    _record(tx, caller, held, f"assistant.{choice.decision}", now)
    if choice.decision != Decision.REJECT:
        _write(tx, blobs, caller, (found, choice), now=now, wall=wall)


def notice_of(proposal: Proposal) -> str:
    """What the patient is told of the program, in the language of reports.

    Source: article L. 4001-3 of the French public health code (code de la santé publique).
    """
    with speaking(_LANGUAGE):
        return _(
            "A program of artificial intelligence, {name} {version}, proposed a draft of this "
            "report. The physician who signs it has looked at the images and answers for every "
            "word of it (article L. 4001-3 of the public health code)."
        ).format(name=proposal.model_name, version=proposal.model_version)


def _shown(tx: Tx, caller: Caller, held: Held) -> Proposal | None:
    """The draft that the caller may see: they hold the exam, and nothing hides or stops it."""
    if held.state != State.READING or held.reader_id != caller.person_id:
        return None
    found = queries.proposal(tx, held.exam_id, sites=caller.sites_as(Role.READER))
    if found is None or found.blind or not (found.is_on or found.decision):
        return None
    return found


def _texts(
    tx: Tx, blobs: Blobs, caller: Caller, exam_id: ExamId
) -> tuple[reading.Sections, reading.Sections]:
    """What an empty report of the exam starts from, and what is kept of it."""
    sheet = requests.exam_sheet(tx, exam_id)
    offer = library.offer(tx, blobs, sheet, reader_id=caller.person_id)
    starting = reading.starting_text(sheet, offer.start)
    saved = texts.draft(tx, exam_id)
    return starting, reading.sections_of(saved) if saved else starting


def _require_said(choice: Choice) -> None:
    told = choice.reason is not None and choice.found_abnormal is not None
    if choice.decision == Decision.REJECT and not told:
        raise InvalidInputError("say why, and whether the exam shows anything abnormal")


def _write(
    tx: Tx,
    blobs: Blobs,
    caller: Caller,
    said: tuple[Proposal, Choice],
    *,
    now: datetime,
    wall: datetime,
) -> None:
    """Put the draft into the reader's own, with what the patient has to be told."""
    found, choice = said
    starting, kept = _texts(tx, blobs, caller, found.exam_id)
    if choice.decision == Decision.ACCEPT and not rules.is_untouched(starting, kept):
        raise ConflictError("something is written already: take the draft into the editor")
    notice = notice_of(found)
    saved = texts.draft(tx, found.exam_id)
    save = Save(
        exam_id=found.exam_id,
        sections=rules.merged(starting, kept, (found.result, found.conclusion), notice),
        revision=saved.revision if saved else 0,
    )
    reading.save_draft(tx, caller, save, now=now, wall=wall)
    texts.add_notice(tx, found.exam_id, notice, at=now)


def _record(tx: Tx, caller: Caller, held: Held, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{held.exam_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
    )
    access.record(tx, caller, what, at=now)
