"""Biopsies: sampled, pathology entered, compared with the images, followed until it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.ids import ExamId, SiteId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading.correlation import queries, rules
from plateau.reading.correlation.rules import Facts
from plateau.reading.correlation.types import (
    Biopsy,
    Category,
    Conduct,
    Pathology,
    Sample,
    State,
    Step,
)
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.requests import service as requests

_PROOF = 500  # characters
CARE = (Role.READER, Role.COORDINATOR, Role.REQUESTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The biopsies of an exam, and whether the caller may add one."""

    biopsies: Sequence[Biopsy]
    is_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One biopsy, what each category would bring, and what the caller may do."""

    biopsy: Biopsy
    conducts: Sequence[Conduct]
    is_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reader concludes; an empty conduct means the one agreed on for the category."""

    explains: bool | None
    comment: str
    conduct: str


def sample(tx: Tx, caller: Caller, sampled: Sample, *, now: datetime) -> UUID:
    """A lesion was sampled on a stated suspicion: pathology is awaited by a day."""
    exam = requests.exam(tx, sampled.exam_id)
    if exam.site_id not in caller.sites_as(Role.READER):
        raise NotFoundError("there is no such exam to read")
    if wrong := rules.problems(sampled):
        raise wrong[0]
    state = rules.after(None, Step.SAMPLED, Facts(reads_there=True))
    biopsy_id = uuid4()
    row = {
        "biopsy": biopsy_id,
        "exam": sampled.exam_id,
        "lesion": sampled.lesion.strip(),
        "suspicion": sampled.suspicion,
        "by": caller.person_id,
        "now": now,
        "due": now + timedelta(days=sampled.within_days),
        "state": state,
    }
    queries.add(tx, row)
    by = (caller.person_id, Role.READER)
    queries.log(tx, biopsy_id, (Step.SAMPLED, None, state), at=now, by=by)
    biopsy = _biopsy(tx, caller, biopsy_id)
    queries.set_loop(tx, biopsy_id, loop_id=_await_pathology(tx, caller, biopsy, now))
    _record(tx, caller, biopsy, "biopsy.sample", now)
    tx.touch("reviews")
    return biopsy_id


def listing(tx: Tx, caller: Caller, *, now: datetime) -> list[Biopsy]:
    """The biopsies of the caller's sites, those that wait first."""
    sites = caller.sites_as(*CARE)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    access.record(tx, caller, Access(action="biopsy.list", subject="biopsies"), at=now)
    return queries.biopsies(tx, sites=sites)


def desk(tx: Tx, caller: Caller, biopsy_id: UUID, *, now: datetime) -> Desk:
    """One biopsy at a site where the caller takes care of patients."""
    biopsy = _biopsy(tx, caller, biopsy_id)
    _record(tx, caller, biopsy, "biopsy.view", now)
    return Desk(
        biopsy=biopsy,
        conducts=queries.conducts(tx, on=local(now).date()),
        is_reader=biopsy.site_id in caller.sites_as(Role.READER),
    )


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Beside:
    """The biopsies of an exam, as far as the caller takes care of patients there."""
    exam = requests.exam(tx, exam_id)
    if exam.site_id not in caller.sites:
        raise NotFoundError("there is no such exam to read")
    found = queries.of_exam(tx, exam_id, sites=caller.sites_as(*CARE))
    if found:
        _record(tx, caller, found[0], "biopsy.view", now)
    return Beside(
        biopsies=found,
        is_reader=exam.site_id in caller.sites_as(Role.READER),
    )


def enter(tx: Tx, caller: Caller, biopsy_id: UUID, *, said: tuple[str, str], now: datetime) -> None:
    """What the pathologist found is entered: in one word, in full."""
    biopsy = _locked(tx, caller, biopsy_id)
    pathology, finding = said[0], _short(said[1])
    facts = Facts(cares_there=True, pathology=pathology, text=finding)
    state = _step(tx, caller, biopsy, Step.FOUND, now, facts)
    queries.set_finding(tx, biopsy_id, (state, pathology, finding), by=caller.person_id, now=now)


def correlate(
    tx: Tx, caller: Caller, biopsy_id: UUID, verdict: Verdict, *, now: datetime
) -> Category:
    """Images and pathology are compared: a category, and a conduct that has to be carried out."""
    biopsy = _locked(tx, caller, biopsy_id)
    facts = Facts(reads_there=_reads(caller, biopsy.site_id), explains=verdict.explains)
    state = _step(tx, caller, biopsy, Step.CORRELATED, now, facts)
    category = rules.category(Pathology(biopsy.pathology or ""), explains=bool(verdict.explains))
    agreed = _conduct(tx, category, now)
    text = _short(verdict.conduct) or (agreed.text if caller.language == "fr" else agreed.text_en)
    due_at = now + timedelta(days=agreed.within_days)
    row = {
        "biopsy": biopsy_id,
        "state": state,
        "explains": verdict.explains,
        "category": category,
        "comment": _short(verdict.comment),
        "conduct": text,
        "due": due_at,
        "by": caller.person_id,
        "now": now,
    }
    queries.set_category(tx, row)
    if biopsy.loop_id:
        loops.conclude(tx, biopsy.loop_id, proof=biopsy.finding[:_PROOF], by=caller, now=now)
    done = _biopsy(tx, caller, biopsy_id)
    queries.set_conduct_loop(tx, biopsy_id, loop_id=_await_conduct(tx, caller, done, now))
    return category


def not_done(tx: Tx, caller: Caller, biopsy_id: UUID, *, why: str, now: datetime) -> None:
    """Nothing was sampled after all: nothing is awaited any more."""
    biopsy = _locked(tx, caller, biopsy_id)
    said = _short(why)
    facts = Facts(reads_there=_reads(caller, biopsy.site_id), text=said)
    state = _step(tx, caller, biopsy, Step.NOT_DONE, now, facts)
    queries.set_not_done(tx, biopsy_id, (state, said))
    if biopsy.loop_id:
        loops.conclude(tx, biopsy.loop_id, proof=said[:_PROOF], by=caller, now=now, lapsed=True)


def _await_pathology(tx: Tx, caller: Caller, biopsy: Biopsy, now: datetime) -> UUID:
    what = Opening(
        kind="pathology",
        exam_id=biopsy.exam_id,
        patient_id=biopsy.patient_id,
        site_id=biopsy.site_id,
        due_at=biopsy.due_at,
        text=N_("Pathology is awaited, then compared with the images."),
        owner=Owner(caller.person_id, Role.READER),
    )
    return loops.open_loop(tx, what, by=caller.person_id, now=now)


def _await_conduct(tx: Tx, caller: Caller, biopsy: Biopsy, now: datetime) -> UUID:
    what = Opening(
        kind="conduct",
        exam_id=biopsy.exam_id,
        patient_id=biopsy.patient_id,
        site_id=biopsy.site_id,
        due_at=biopsy.conduct_due_at or biopsy.due_at,
        text=N_("What was decided after a biopsy has to be done."),
        owner=Owner(None, Role.REQUESTER),
    )
    return loops.open_loop(tx, what, by=caller.person_id, now=now)


def _conduct(tx: Tx, category: Category, now: datetime) -> Conduct:
    found = queries.conducts(tx, on=local(now).date())
    return next(one for one in found if one.category == category)


def _reads(caller: Caller, site_id: SiteId) -> bool:
    return site_id in caller.sites_as(Role.READER)


def _short(text: str) -> str:
    said = text.strip()
    if len(said) > rules.LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=rules.LONGEST)
    return said


def _biopsy(tx: Tx, caller: Caller, biopsy_id: UUID) -> Biopsy:
    found = queries.biopsy(tx, biopsy_id, sites=caller.sites_as(*CARE))
    if found is None:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return found


def _locked(tx: Tx, caller: Caller, biopsy_id: UUID) -> Biopsy:
    queries.lock(tx, biopsy_id)
    return _biopsy(tx, caller, biopsy_id)


def _step(tx: Tx, caller: Caller, biopsy: Biopsy, step: Step, now: datetime, facts: Facts) -> State:
    before = State(biopsy.state)
    state = rules.after(before, step, facts)
    role = next(one for one in CARE if biopsy.site_id in caller.sites_as(one))
    by = (caller.person_id, role)
    queries.log(tx, biopsy.biopsy_id, (step, before, state), at=now, by=by, cause=facts.text)
    _record(tx, caller, biopsy, f"biopsy.{step}", now)
    tx.touch("reviews")
    return state


def _record(tx: Tx, caller: Caller, biopsy: Biopsy, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{biopsy.exam_id}",
        patient_id=biopsy.patient_id,
        site_id=biopsy.site_id,
    )
    access.record(tx, caller, what, at=now)
