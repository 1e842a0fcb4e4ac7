"""Second opinions: asked of a colleague or a specialty, answered, attached to the report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.images.anonymise import service as anonymising
from plateau.images.anonymise.service import Export
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.ids import ExamId, PersonId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import service as reading
from plateau.reading import signature
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.opinion import rules
from plateau.reading.opinion.queries import asked
from plateau.reading.opinion.rules import Facts
from plateau.reading.opinion.types import Colleague, Opinion, Question, State, Step
from plateau.reading.types import Addendum, SignedReport
from plateau.requests import service as requests

_PROOF = 500  # characters
CARE = (Role.READER, Role.COORDINATOR, Role.TECHNOLOGIST, Role.REQUESTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An opinion as somebody may see it: without identity, the exam's names are empty."""

    opinion: Opinion
    sees_patient: bool
    age: int
    may_answer: bool
    may_attach: bool
    may_withdraw: bool
    versions: Sequence[SignedReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is asked of the caller, and what they asked."""

    waiting: Sequence[View]
    mine: Sequence[View]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The opinions about an exam, and whom the caller may ask."""

    opinions: Sequence[View]
    colleagues: Sequence[Colleague]
    specialties: Sequence[str]
    is_reader: bool


def ask(tx: Tx, caller: Caller, question: Question, *, now: datetime) -> UUID:
    """A colleague or a specialty is asked, told, and expected to answer in time."""
    exam = requests.exam(tx, question.exam_id)
    if exam.site_id not in caller.sites_as(Role.READER):
        raise NotFoundError("there is no such exam to read")
    people = asked.colleagues(tx, site_id=exam.site_id, on=local(now).date())
    _check(tx, caller, question, people, now)
    state = rules.after(None, Step.ASKED, Facts(reads_there=True, text=question.text))
    opinion_id = uuid4()
    due_at = now + timedelta(hours=question.within_hours)
    row = {
        "opinion": opinion_id,
        "exam": question.exam_id,
        "by": caller.person_id,
        "now": now,
        "due": due_at,
        "person": question.to_person,
        "specialty": question.to_specialty,
        "anonymised": question.anonymised,
        "question": question.text.strip(),
        "state": state,
    }
    asked.add(tx, row)
    asked.log(tx, opinion_id, (Step.ASKED, None, state), at=now, by=caller.person_id)
    opinion = _of_site(tx, caller, opinion_id)
    asked.set_loop(tx, opinion_id, loop_id=_open_loop(tx, caller, opinion, now))
    _record(tx, caller, opinion, "opinion.ask", now)
    for person_id in _asked_people(caller, question, people):
        _tell(tx, person_id, opinion_id, N_("Your opinion is asked on an exam."), now)
    tx.touch("reviews")
    return opinion_id


def listing(tx: Tx, caller: Caller, *, now: datetime) -> Listing:
    """What is asked of the caller and waits, and what became of what they asked."""
    if not caller.is_one_of(Role.READER):
        raise NotFoundError("this page does not exist, or is not yours to see")
    sites = caller.sites_as(Role.READER)
    found = asked.waiting(tx, person_id=caller.person_id, sites=sites, on=local(now).date())
    mine = asked.asked_by(tx, person_id=caller.person_id)
    access.record(tx, caller, Access(action="opinion.list", subject="opinions"), at=now)
    return Listing(
        waiting=[_view(caller, one, is_asked=True, now=now) for one in found],
        mine=[_view(caller, one, is_asked=False, now=now) for one in mine],
    )


def desk(tx: Tx, caller: Caller, opinion_id: UUID, *, now: datetime) -> View:
    """One opinion, for those who are asked and for the readers of its site."""
    opinion, is_asked = _found(tx, caller, opinion_id, now)
    _record(tx, caller, opinion, "opinion.view", now)
    view = _view(caller, opinion, is_asked=is_asked, now=now)
    if not view.sees_patient:
        return view
    held = reading.history(tx, caller, exam_id=opinion.exam_id)
    return replace(view, versions=held.versions)


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Beside:
    """The opinions about an exam, for those who take care of the patient at its site."""
    sites = caller.sites_as(*CARE)
    exam = requests.exam(tx, exam_id)
    if exam.site_id not in sites:
        raise NotFoundError("there is no such exam to read")
    is_reader = exam.site_id in caller.sites_as(Role.READER)
    people = asked.colleagues(tx, site_id=exam.site_id, on=local(now).date()) if is_reader else []
    found = asked.of_exam(tx, exam_id, sites=sites)
    if found:
        _record(tx, caller, found[0], "opinion.view", now)
    return Beside(
        opinions=[_view(caller, one, is_asked=False, now=now) for one in found],
        colleagues=[one for one in people if one.person_id != caller.person_id],
        specialties=sorted({one.specialty for one in people}),
        is_reader=is_reader,
    )


def images(tx: Tx, caller: Caller, opinion_id: UUID, *, now: datetime) -> Export:
    """The images without their patient, for whoever is asked without knowing who it is."""
    opinion, _ = _found(tx, caller, opinion_id, now)
    if not opinion.anonymised:
        raise NotFoundError("study not found")
    project = f"opinion {opinion_id}"
    return anonymising.export_for(tx, caller, opinion.study_uid, project=project, now=now)


def answer(tx: Tx, caller: Caller, opinion_id: UUID, *, text: str, now: datetime) -> None:
    """The caller has answered: a note beside the report, and whoever asked is told."""
    told = N_("Your question about an exam has an answer.")
    _settle(tx, caller, opinion_id, (Step.ANSWERED, text, told), now)


def decline(tx: Tx, caller: Caller, opinion_id: UUID, *, text: str, now: datetime) -> None:
    """The caller cannot answer: whoever asked is told, and asks somebody else."""
    told = N_("Somebody whom you asked cannot answer: ask somebody else.")
    _settle(tx, caller, opinion_id, (Step.DECLINED, text, told), now)


def withdraw(tx: Tx, caller: Caller, opinion_id: UUID, *, text: str, now: datetime) -> None:
    """The caller no longer needs an answer."""
    _settle(tx, caller, opinion_id, (Step.WITHDRAWN, text, ""), now)


def attach(
    tx: Tx, blobs: Blobs, caller: Caller, opinion_id: UUID, addendum: Addendum, *, now: datetime
) -> None:
    """An answer is signed into the report, as an addendum of the caller's."""
    asked.lock(tx, opinion_id)
    opinion = _of_site(tx, caller, opinion_id)
    facts = Facts(reads_there=True, text=opinion.answer)
    state = rules.after(State(opinion.state), Step.ATTACHED, facts)
    whole = replace(addendum, exam_id=opinion.exam_id)
    version_id = signature.add_addendum(tx, blobs, caller, whole, now=now)
    asked.attach(tx, opinion_id, state=state, version_id=version_id)
    step = (Step.ATTACHED, State(opinion.state), state)
    asked.log(tx, opinion_id, step, at=now, by=caller.person_id)
    tx.touch("reviews")


def _settle(
    tx: Tx, caller: Caller, opinion_id: UUID, said: tuple[Step, str, str], now: datetime
) -> None:
    """Somebody answered, declined or withdrew: kept, logged, its loop closed, the asker told."""
    step, text, told = said[0], said[1].strip(), said[2]
    if len(text) > rules.LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=rules.LONGEST)
    asked.lock(tx, opinion_id)
    opinion, is_asked = _found(tx, caller, opinion_id, now)
    facts = Facts(actor=caller.person_id, asker=opinion.asked_by, is_asked=is_asked, text=text)
    before = State(opinion.state)
    state = rules.after(before, step, facts)
    asked.settle(tx, opinion_id, (state, text), by=caller.person_id, now=now)
    cause = "" if step == Step.ANSWERED else text
    asked.log(tx, opinion_id, (step, before, state), at=now, by=caller.person_id, cause=cause)
    _record(tx, caller, opinion, f"opinion.{step}", now)
    proof, lapsed = text[:_PROOF], step != Step.ANSWERED
    if opinion.loop_id:
        loops.conclude(tx, opinion.loop_id, proof=proof, by=caller, now=now, lapsed=lapsed)
    if told:
        _tell(tx, opinion.asked_by, opinion_id, told, now)
    tx.touch("reviews")


def _check(
    tx: Tx, caller: Caller, question: Question, people: Sequence[Colleague], now: datetime
) -> None:
    """Refuse a question that nobody could answer, or that names whom it must not name."""
    chosen = [one for one in people if one.person_id == question.to_person]
    at_site = any(one.at_site for one in chosen)
    wrong = rules.problems(question, asker=caller.person_id, at_site=at_site)
    if wrong:
        raise wrong[0]
    if not _asked_people(caller, question, people):
        raise InvalidInputError("choose a colleague or a specialty")
    patient = requests.exam_sheet(tx, question.exam_id).patient
    if question.anonymised and rules.names_in(question.text, (patient.surname, patient.first_name)):
        raise InvalidInputError("the question names the patient, who is to stay unknown")


def _asked_people(
    caller: Caller, question: Question, people: Sequence[Colleague]
) -> list[PersonId]:
    return [
        one.person_id
        for one in people
        if one.person_id != caller.person_id
        and (question.to_person in (None, one.person_id))
        and (question.to_specialty in ("", one.specialty))
        and (question.anonymised or one.at_site)
    ]


def _of_site(tx: Tx, caller: Caller, opinion_id: UUID) -> Opinion:
    found = asked.of_site(tx, opinion_id, sites=caller.sites_as(Role.READER))
    if found is None:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return found


def _found(tx: Tx, caller: Caller, opinion_id: UUID, now: datetime) -> tuple[Opinion, bool]:
    """The opinion, and whether it is asked of the caller."""
    sites = caller.sites_as(Role.READER)
    to_me = asked.asked_of(tx, opinion_id, person_id=caller.person_id, sites=sites, on=_day(now))
    return (to_me, True) if to_me else (_of_site(tx, caller, opinion_id), False)


def _day(now: datetime) -> date:
    return local(now).date()


def _view(caller: Caller, opinion: Opinion, *, is_asked: bool, now: datetime) -> View:
    """What the caller may see of an opinion and do with it."""
    there = opinion.site_id in caller.sites_as(*CARE)
    sees_patient = there and not (opinion.anonymised and is_asked)
    reads_there = opinion.site_id in caller.sites_as(Role.READER)
    age = rules.age_on(opinion.birth_on, now)
    shown = opinion if sees_patient else _blank(opinion)
    return View(
        opinion=shown,
        sees_patient=sees_patient,
        age=age,
        may_answer=is_asked and opinion.state == State.ASKED,
        may_attach=reads_there and not is_asked and opinion.state == State.ANSWERED,
        may_withdraw=opinion.asked_by == caller.person_id and opinion.state == State.ASKED,
        versions=(),
    )


def _blank(opinion: Opinion) -> Opinion:
    """The same, saying nothing of who it is about."""
    return replace(
        opinion, surname="", first_name="", birth_on=date.min, study_uid="", site_name=""
    )


def _open_loop(tx: Tx, caller: Caller, opinion: Opinion, now: datetime) -> UUID:
    """Whoever asks follows it until there is an answer; whoever is asked was told."""
    what = Opening(
        kind="opinion",
        exam_id=opinion.exam_id,
        patient_id=opinion.patient_id,
        site_id=opinion.site_id,
        due_at=opinion.due_at,
        text=N_("An opinion is awaited."),
        owner=Owner(caller.person_id, Role.READER),
    )
    return loops.open_loop(tx, what, by=caller.person_id, now=now)


def _tell(tx: Tx, person_id: PersonId, opinion_id: UUID, text: str, now: datetime) -> None:
    link = f"/opinions/{opinion_id}"
    notify.tell(tx, person_id=person_id, kind="opinion", text=text, link=link, at=now)


def _record(tx: Tx, caller: Caller, opinion: Opinion, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{opinion.exam_id}",
        patient_id=opinion.patient_id,
        site_id=opinion.site_id,
    )
    access.record(tx, caller, what, at=now)
