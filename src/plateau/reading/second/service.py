"""Reading again: what is drawn, who takes it, what they write and say, and who hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading import service as reading
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.second import rules
from plateau.reading.second.queries import readings
from plateau.reading.second.queries import ruling as ruling_queries
from plateau.reading.second.rules import Facts
from plateau.reading.second.types import (
    Choice,
    Figure,
    Line,
    Outcome,
    Rule,
    RuleLine,
    Second,
    State,
    Step,
)
from plateau.reading.types import SignedReport
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet
from plateau.territory import service as territory
from plateau.territory.types import ExamType, Site

RULERS = (Role.COORDINATOR, Role.MANAGER)
LISTED = (Role.READER, Role.COORDINATOR)
_LONGEST = 20_000
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A second reading as somebody may see it; `first` is hidden from whoever reads blindly."""

    second: Second
    sheet: ExamSheet
    first: SignedReport | None
    is_mine: bool
    may_take: bool
    is_first_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is to be read again, and what was said of the caller's own reports."""

    lines: Sequence[Line]
    outcomes: Sequence[Outcome]
    is_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The rules of the caller's sites, and what a new one may name."""

    lines: Sequence[RuleLine]
    sites: Sequence[Site]
    readers: Sequence[Choice]
    exam_types: Sequence[ExamType]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A rule as somebody writes it; an empty field means any."""

    site_id: SiteId
    percent: float
    reader_id: PersonId | None
    exam_code: str
    blind: bool
    within_hours: int


def listing(tx: Tx, caller: Caller, *, now: datetime) -> Listing:
    """What is to be read again at the caller's sites, and what became of their own reports."""
    sites = caller.sites_as(*LISTED)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    access.record(tx, caller, Access(action="second.list", subject="reviews"), at=now)
    return Listing(
        lines=readings.waiting(tx, person_id=caller.person_id, sites=sites),
        outcomes=readings.outcomes(tx, person_id=caller.person_id),
        is_reader=caller.is_one_of(Role.READER),
    )


def desk(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Desk:
    """A second reading at a site where the caller reads or coordinates."""
    second = _second(tx, caller, exam_id, *LISTED)
    _record(tx, caller, second, "second.view", now)
    state = State(second.state)
    is_mine = second.reader_id == caller.person_id
    is_first = second.first_reader == caller.person_id
    done = state in {State.SCORED, State.SEEN}
    shown = done or is_first or (is_mine and rules.shows_first(blind=second.blind, state=state))
    return Desk(
        second=second,
        sheet=requests.exam_sheet(tx, exam_id),
        first=reading.signed(tx, second.version_id) if shown else None,
        is_mine=is_mine,
        may_take=not is_first and not is_mine and _may_begin(tx, caller, second, now),
        is_first_reader=is_first,
    )


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Second | None:
    """The second reading of an exam, for those who read or coordinate there.

    Whoever asked for the exam hears of it once it changes something for the patient.
    """
    found = readings.second(tx, exam_id, sites=caller.sites_as(*LISTED, Role.REQUESTER))
    if found is None:
        return None
    if not found.recall_id and found.site_id not in caller.sites_as(*LISTED):
        return None
    _record(tx, caller, found, "second.view", now)
    return found


def take_next(tx: Tx, caller: Caller, *, now: datetime) -> ExamId | None:
    """Give the caller what they hold already, or the first due; None when nothing waits."""
    sites = caller.sites_as(Role.READER)
    on = local(now).date()
    for exam_id in readings.to_take(tx, person_id=caller.person_id, sites=sites, on=on):
        second = _second(tx, caller, exam_id, Role.READER)
        if second.reader_id != caller.person_id:
            _take(tx, caller, second, now)
        return exam_id
    return None


def take(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """The caller reads an exam again; a colleague who let its time pass no longer does."""
    second = _locked(tx, caller, exam_id)
    if second.reader_id != caller.person_id:
        _take(tx, caller, second, now)


def release(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """Somebody else may read the exam again."""
    second = _locked(tx, caller, exam_id)
    state = _step(tx, caller, second, Step.RELEASED, now, Facts())
    readings.set_reader(tx, exam_id, reader_id=None, state=state, now=now)


def write(
    tx: Tx, caller: Caller, exam_id: ExamId, *, text: tuple[str, str], password: str, now: datetime
) -> None:
    """What the caller read without seeing the first report is signed: its result, its conclusion.

    From then on it cannot change, and the first report is shown.
    """
    access.verify_password(tx, person_id=caller.person_id, password=password)
    second = _locked(tx, caller, exam_id)
    result, conclusion = (part.strip() for part in text)
    if max(len(result), len(conclusion)) > _LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=_LONGEST)
    facts = Facts(text=bool(result and conclusion))
    state = _step(tx, caller, second, Step.WRITTEN, now, facts)
    readings.set_text(tx, exam_id, (result, conclusion), state=state, now=now)
    _record(tx, caller, second, "second.write", now)


def score(
    tx: Tx, caller: Caller, exam_id: ExamId, *, said: tuple[int | None, str], now: datetime
) -> None:
    """How far the readings are apart is said; from 3 on, requester and patient are to be told."""
    second = _locked(tx, caller, exam_id)
    value, comment = said[0], said[1].strip()
    if len(comment) > _LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=_LONGEST)
    facts = Facts(score=value, comment=comment)
    state = _step(tx, caller, second, Step.SCORED, now, facts)
    given = value or 0
    readings.set_score(tx, exam_id, (given, comment), state=state, now=now)
    _record(tx, caller, second, "second.score", now, f"{given}")
    if second.loop_id:
        loops.conclude(tx, second.loop_id, proof=f"{given}/4", by=caller, now=now)
    if rules.needs_recall(given):
        readings.set_recall(tx, exam_id, loop_id=_open_recall(tx, caller, second, now))
    _tell_first_reader(tx, second, now, urgent=rules.needs_recall(given))


def see(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """The first reader knows what the second one said."""
    second = _locked(tx, caller, exam_id)
    state = _step(tx, caller, second, Step.SEEN, now, Facts())
    readings.set_seen(tx, exam_id, state=state, now=now)
    _record(tx, caller, second, "second.see", now)


def ruling(tx: Tx, caller: Caller, *, now: datetime) -> Ruling:
    """The rules of the sites where the caller reads, coordinates or manages."""
    sites = caller.sites_as(Role.READER, *RULERS)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    mine = caller.sites_as(*RULERS)
    return Ruling(
        lines=ruling_queries.rule_lines(tx, sites=sites, ending=mine, on=local(now).date()),
        sites=territory.sites(tx, ids=mine),
        readers=ruling_queries.readers(tx, sites=mine),
        exam_types=territory.exam_types(tx),
    )


def add_rule(tx: Tx, caller: Caller, wish: Wish, *, now: datetime) -> None:
    """From tomorrow on so many exams of a site are read again."""
    if wish.site_id not in caller.sites_as(*RULERS):
        raise NotFoundError("this page does not exist, or is not yours to see")
    permille = round(wish.percent * 10)
    if not 1 <= permille <= 1000:
        raise InvalidInputError("a share is between 0.1 and 100 %")
    if not 1 <= wish.within_hours <= 8760:
        raise InvalidInputError("say within how many hours, {most} at most", most=8760)
    rule = Rule(
        rule_id=uuid4(),
        salt=uuid4(),
        site_id=wish.site_id,
        permille=permille,
        reader_id=wish.reader_id,
        exam_code=wish.exam_code or None,
        blind=wish.blind,
        within_hours=wish.within_hours,
        valid_from=local(now).date(),
        valid_to=None,
    )
    ruling_queries.add_rule(tx, rule, by=caller.person_id, now=now)
    done = Access(action="second.rule", subject=f"rule:{rule.rule_id}", site_id=wish.site_id)
    access.record(tx, caller, done, at=now)


def end_rule(tx: Tx, caller: Caller, rule_id: UUID, *, now: datetime) -> None:
    """A rule draws nothing more from today on."""
    sites = caller.sites_as(*RULERS)
    if not ruling_queries.end_rule(tx, rule_id, sites=sites, on=local(now).date()):
        raise NotFoundError("this page does not exist, or is not yours to see")
    done = Access(action="second.rule_end", subject=f"rule:{rule_id}")
    access.record(tx, caller, done, at=now)


def figures(tx: Tx, caller: Caller, *, now: datetime) -> tuple[Figure, ...]:
    """A year of second readings by type of exam, at the caller's sites; nobody is named."""
    sites = caller.sites_as(Role.READER, *RULERS)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return rules.figures(ruling_queries.counts(tx, sites=sites, since=now - _YEAR))


def _open_recall(tx: Tx, caller: Caller, second: Second, now: datetime) -> UUID:
    """Whoever asked for the exam reads what differs, and contacts the patient."""
    requester = requests.exam_sheet(tx, second.exam_id).request.requester_id
    what = Opening(
        kind="recall",
        exam_id=second.exam_id,
        patient_id=second.patient_id,
        site_id=second.site_id,
        text=N_("A second reading differs from a report: look at it, contact the patient."),
        owner=Owner(requester, Role.REQUESTER),
    )
    return loops.open_loop(tx, what, by=caller.person_id, now=now)


def _tell_first_reader(tx: Tx, second: Second, now: datetime, *, urgent: bool) -> None:
    notify.tell(
        tx,
        person_id=second.first_reader,
        kind="second_reading",
        text=N_("A colleague has read an exam of yours again."),
        link=f"/reviews/{second.exam_id}",
        at=now,
        urgent=urgent,
    )


def _second(tx: Tx, caller: Caller, exam_id: ExamId, *roles: Role) -> Second:
    found = readings.second(tx, exam_id, sites=caller.sites_as(*roles))
    if found is None:
        raise NotFoundError("there is no such exam to read")
    return found


def _locked(tx: Tx, caller: Caller, exam_id: ExamId) -> Second:
    """The second reading, which nobody else changes until the transaction ends."""
    if not readings.lock(tx, exam_id, sites=caller.sites_as(Role.READER)):
        raise NotFoundError("there is no such exam to read")
    return _second(tx, caller, exam_id, Role.READER)


def _able(tx: Tx, caller: Caller, second: Second, now: datetime) -> bool:
    return second.site_id in caller.sites_as(Role.READER) and territory.may_read(
        tx,
        person_id=caller.person_id,
        site_id=second.site_id,
        modality=second.modality,
        on=local(now).date(),
    )


def _may_begin(tx: Tx, caller: Caller, second: Second, now: datetime) -> bool:
    free = second.state == State.WAITING or (second.state == State.TAKEN and second.due_at < now)
    seen = second.blind and readings.has_seen(tx, second.exam_id, person_id=caller.person_id)
    return free and not seen and _able(tx, caller, second, now)


def _take(tx: Tx, caller: Caller, second: Second, now: datetime) -> None:
    step = Step.TAKEN_OVER if second.state == State.TAKEN else Step.TAKEN
    facts = Facts(
        able=_able(tx, caller, second, now),
        late=second.due_at < now,
        has_seen=readings.has_seen(tx, second.exam_id, person_id=caller.person_id),
    )
    state = _step(tx, caller, second, step, now, facts)
    readings.set_reader(tx, second.exam_id, reader_id=caller.person_id, state=state, now=now)
    _record(tx, caller, second, "second.take", now)


def _step(tx: Tx, caller: Caller, second: Second, step: Step, now: datetime, facts: Facts) -> State:
    before = State(second.state)
    known = replace(
        facts,
        actor=caller.person_id,
        first_reader=second.first_reader,
        holder=second.reader_id,
        blind=second.blind,
    )
    state = rules.after(before, step, known)
    by = (caller.person_id, Role.READER)
    cause = "" if facts.score is None else str(facts.score)
    readings.log(tx, second.exam_id, (step, before, state), at=now, by=by, cause=cause)
    tx.touch("reviews")
    return state


def _record(
    tx: Tx, caller: Caller, second: Second, action: str, now: datetime, reason: str | None = None
) -> None:
    what = Access(
        action=action,
        subject=f"exam:{second.exam_id}",
        patient_id=second.patient_id,
        site_id=second.site_id,
        reason=reason,
    )
    access.record(tx, caller, what, at=now)
