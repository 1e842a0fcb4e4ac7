"""Choosing who reads an exam: taking the next one, giving one to somebody, and saying why."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId
from plateau.kernel.time import local
from plateau.planning import service as planning
from plateau.platform.db import Tx
from plateau.reading.queries import readers, tasks
from plateau.reading.queries.readers import Heap, Open, Pace, Person
from plateau.reading.rules import lifecycle, ranking
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.rules.ranking import Choice, Reader, Terms, Waiting, WhyNot
from plateau.reading.types import State, Step

_LATELY = timedelta(hours=12)  # what counts as read lately, for fairness
_LONGEST = 120.0  # minutes of one reading that teach something; beyond, it was interrupted
_BY_HAND = frozenset({WhyNot.NO_PRIVILEGE, WhyNot.NO_SKILL, WhyNot.FIRST_READER})


class Pool:
    """Everybody who could read at an instant, as ranking sees them; or those on duty alone."""

    def __init__(
        self, tx: Tx, *, patients: Collection[PatientId], now: datetime, on_duty: bool = False
    ) -> None:
        on = local(now).date()
        self.now = now
        self.terms: Terms = readers.terms(tx, on=on)
        paces = readers.paces(tx)
        self.by_type = _by_type(paces, self.terms)
        heaps: dict[PersonId, list[Heap]] = {}
        for heap in readers.heaps(tx, since=now - _LATELY):
            heaps.setdefault(heap.person_id, []).append(heap)
        own = _by_reader(paces, self.by_type, self.terms)
        knows: dict[PersonId, set[PatientId]] = {}
        for one in readers.known(tx, patients=patients):
            knows.setdefault(one.person_id, set()).add(one.patient_id)
        covers: dict[PersonId, set[SiteId]] = {}
        for entry in planning.on_call(tx, at=now):
            for person in entry.people:
                covers.setdefault(person.person_id, set()).add(entry.site.site_id)
        self.readers = [
            self._reader(person, covers.get(person.person_id), heaps, own, knows)
            for person in readers.people(tx, on=on, among=list(covers) if on_duty else None)
        ]

    def _reader(
        self,
        person: Person,
        covers: set[SiteId] | None,
        heaps: Mapping[PersonId, Sequence[Heap]],
        own: Mapping[tuple[str, PersonId], float],
        knows: Mapping[PersonId, set[PatientId]],
    ) -> Reader:
        mine = heaps.get(person.person_id, ())
        pace = {
            heap.exam_code: own.get(
                (heap.exam_code, person.person_id), self.by_type[heap.exam_code]
            )
            for heap in mine
        }
        return Reader(
            person_id=person.person_id,
            name=person.name,
            member_id=person.member_id,
            department=person.department,
            contracted=person.contracted,
            on_duty=covers is not None,
            covers=frozenset(covers or ()),
            privileges=frozenset(person.privileges),
            skills=frozenset(person.skills),
            held=sum(heap.held for heap in mine),
            load_minutes=ranking.queue_minutes({h.exam_code: h.held for h in mine}, pace),
            read_minutes=ranking.queue_minutes({h.exam_code: h.signed for h in mine}, pace),
            patients=frozenset(knows.get(person.person_id, ())),
        )

    def waiting(self, exam: Open) -> Waiting:
        """The exam as ranking sees it."""
        return Waiting(
            exam_id=exam.exam_id,
            site_id=exam.site_id,
            member_id=exam.member_id,
            department=exam.department,
            modality=exam.modality,
            patient_id=exam.patient_id,
            complete_at=exam.complete_at,
            due_at=exam.due_at,
            minutes=self.by_type[exam.exam_code],
        )

    def rank(self, exam: Open) -> tuple[Choice, ...]:
        """Who may read the exam now, in which order, and why not the others."""
        return ranking.rank(self.waiting(exam), self.readers, self.now, self.terms)


def next_exam(tx: Tx, caller: Caller, *, now: datetime, wall: datetime) -> ExamId | None:
    """Lock the most urgent exam that the caller may read now; theirs already go with the others."""
    tasks.lock_reader(tx, caller.person_id)
    sites = caller.sites_as(Role.READER)
    me = caller.person_id
    samples = readers.samples(tx, reader_id=me, sites=sites, wall=wall)
    if not samples:
        return None
    pool = Pool(tx, patients=(), now=now, on_duty=True)
    openings = ranking.openings(
        [pool.waiting(one) for one in samples], me, pool.readers, pool.terms
    )
    found = readers.takeable(tx, reader_id=me, openings=openings, now=now, wall=wall)
    locked = (one for one in found if readers.lock_if_free(tx, one, reader_id=me, wall=wall))
    return next(locked, None)


def explain(
    tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId], now: datetime
) -> Sequence[Choice]:
    """Who may read an exam now, in which order, and why not the others; nobody once signed."""
    exam = readers.open_exam(tx, exam_id, sites=sites)
    if exam is None:
        return ()
    return Pool(tx, patients={exam.patient_id}, now=now).rank(exam)


def require_able(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """Whoever takes an exam by hand needs the rights, and room for one more; not to be on duty."""
    exam = readers.open_exam(tx, exam_id, sites=caller.sites_as(Role.READER))
    if exam is None or exam.reader_id == caller.person_id:
        return
    pool = Pool(tx, patients={exam.patient_id}, now=now)
    mine = next((one for one in pool.rank(exam) if one.reader.person_id == caller.person_id), None)
    if mine is None or set(mine.why_not) & _BY_HAND:
        raise RuleBrokenError(
            "you hold no privilege to read {modality} exams of this site", modality=exam.modality
        )
    if WhyNot.HOLDS_ENOUGH in mine.why_not:
        raise RuleBrokenError(
            "you already hold {held} exams: sign or release one first", held=mine.reader.held
        )


def assign(tx: Tx, caller: Caller, exam_id: ExamId, *, to: PersonId, now: datetime) -> None:
    """A coordinator has given an exam to a reader, who finds it first among what they may take."""
    exam = _lock_open(tx, exam_id, sites=caller.sites_as(Role.COORDINATOR))
    if exam is None:
        raise ConflictError("this report is already signed")
    choices = Pool(tx, patients={exam.patient_id}, now=now).rank(exam)
    chosen = next((one for one in choices if one.reader.person_id == to), None)
    if chosen is None or set(chosen.why_not) - {WhyNot.RING_CLOSED}:
        raise RuleBrokenError("this reader may not read the exam now: see why beside their name")
    before = State(exam.state)
    after = lifecycle.after(before, Step.ASSIGNED, Facts(able=True))
    readers.assign(tx, exam_id, reader_id=to, state=after)
    step = (Step.ASSIGNED, before, after)
    by = (caller.person_id, Role.COORDINATOR)
    tasks.log(tx, exam_id, step, at=now, by=by, cause=chosen.reader.name)
    _record(tx, caller, exam, "exam.assign", now)
    tx.touch("worklist")


def decline(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """The exam that was given to the caller waits for anybody again."""
    exam = _lock_open(tx, exam_id, sites=caller.sites_as(Role.READER))
    if exam is None or exam.reader_id != caller.person_id:
        raise ConflictError("this exam is not given to you any more")
    _wait_again(tx, caller, exam, Role.READER, "exam.decline", now)


def take_back(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """A coordinator takes an exam back from whom it was given to: it waits for anybody again."""
    exam = _lock_open(tx, exam_id, sites=caller.sites_as(Role.COORDINATOR))
    if exam is None or exam.state not in {State.OFFERED, State.ASSIGNED}:
        raise ConflictError("this exam is given to nobody, or is being read")
    _wait_again(tx, caller, exam, Role.COORDINATOR, "exam.take_back", now)


def _lock_open(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> Open | None:
    if not tasks.lock(tx, exam_id=exam_id, sites=sites):
        raise NotFoundError("there is no such exam to read")
    return readers.open_exam(tx, exam_id, sites=sites)


def _wait_again(tx: Tx, caller: Caller, exam: Open, role: Role, action: str, now: datetime) -> None:
    before = State(exam.state)
    drafted = tasks.held(tx, exam.exam_id, sites=(exam.site_id,)).drafted
    step = Step.DECLINED_DRAFTED if drafted else Step.DECLINED
    after = lifecycle.after(before, step, Facts())
    readers.assign(tx, exam.exam_id, reader_id=None, state=after)
    by = (caller.person_id, role)
    tasks.log(tx, exam.exam_id, (step, before, after), at=now, by=by)
    _record(tx, caller, exam, action, now)
    tx.touch("worklist")


def learn(tx: Tx, exam_id: ExamId) -> None:
    """How long the exam that was just signed took its reader is known from now on."""
    readers.add_pace(tx, exam_id, longest=_LONGEST)


def _by_type(paces: Sequence[Pace], terms: Terms) -> dict[str, float]:
    """Minutes that an exam of each type takes, whoever reads it."""
    seen: dict[str, tuple[int, float, int]] = {}
    for pace in paces:
        _, minutes, exams = seen.get(pace.exam_code, (0, 0.0, 0))
        seen[pace.exam_code] = (pace.prior, minutes + pace.minutes, exams + pace.exams)
    return {
        code: ranking.expected_minutes(prior, terms.prior_exams, minutes, exams)
        for code, (prior, minutes, exams) in seen.items()
    }


def _by_reader(
    paces: Sequence[Pace], by_type: Mapping[str, float], terms: Terms
) -> dict[tuple[str, PersonId], float]:
    """Minutes that an exam of each type takes each reader who has read some."""
    return {
        (pace.exam_code, pace.person_id): ranking.expected_minutes(
            by_type[pace.exam_code], terms.prior_exams, pace.minutes, pace.exams
        )
        for pace in paces
        if pace.person_id is not None
    }


def _record(tx: Tx, caller: Caller, exam: Open, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{exam.exam_id}",
        patient_id=exam.patient_id,
        site_id=exam.site_id,
    )
    access.record(tx, caller, what, at=now)
