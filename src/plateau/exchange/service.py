"""The outbox: what is owed, what becomes of it; and identities that sites announce."""

from collections.abc import Set
from datetime import datetime, timedelta
from uuid import uuid4

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.exchange import rules
from plateau.exchange.queries import outbox, results
from plateau.exchange.types import (
    Attempt,
    Claim,
    Delivery,
    ExamReceipt,
    Facility,
    Identity,
    Letter,
    OpenReport,
    Owed,
    Pending,
    Reading,
    Result,
    Signed,
    State,
    Trouble,
)
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import DeliveryId, DestinationId, ExamId, PatientId, SiteId, VersionId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.patients import service as patients
from plateau.patients.types import Traits
from plateau.platform.db import Tx
from plateau.reading import service as reading
from plateau.reading.closing import service as closing
from plateau.reading.retraction import service as retraction
from plateau.reading.types import Kind, SignedReport
from plateau.territory import service as territory

LATE = timedelta(seconds=30)  # real time after which a delivery nobody tried is worth a banner
_RUNNING = (Role.COORDINATOR, Role.ADMINISTRATOR)
_MARGIN = timedelta(seconds=5)


def enqueue(tx: Tx, *, version_id: VersionId, now: datetime, wall: datetime) -> None:
    """The version is owed to every destination its site has on the day it was signed.

    So are the versions before it: their own event may come later. Running it again changes nothing.
    """
    versions = outbox.versions_up_to(tx, version_id)
    owed = [one for version in versions for one in _owed(tx, version)]
    outbox.add_lanes(tx, sorted({one.destination_id for one in owed}), wall=wall)
    outbox.add_deliveries(tx, owed, now=now, wall=wall)
    for version in versions:
        if version.kind == Kind.RETRACTION:
            outbox.withdraw(tx, version.version_id)
        if version.kind != Kind.PRELIMINARY:
            _tell_readers(tx, version, now)
    _move_on(tx, version_id, now=now, is_owed=bool(owed))
    tx.touch("deliveries", "reports")


def claim_next(tx: Tx, *, wall: datetime, timeout_s: float) -> tuple[Claim, Letter] | None:
    """Hold a lane, with what is to be sent in it; None when nothing is due anywhere.

    The lane frees itself if the sender dies: after the time-out of an exchange, and a margin.
    """
    until = wall + timedelta(seconds=timeout_s) + _MARGIN
    claim = outbox.claim(tx, wall=wall, until=until)
    letter = outbox.next_letter(tx, claim.destination_id, wall=wall) if claim else None
    if claim is None:
        return None
    if letter is None:  # sent by another between the two looks
        outbox.release(tx, claim, due_at=wall, failures=0)
        return None
    return claim, letter


def conclude(tx: Tx, attempt: Attempt, *, first_delay: timedelta) -> None:
    """How an attempt ended is recorded, and when the next one is due, if there is to be one.

    A destination that is down holds back its whole lane; a message that is not accepted holds
    back only itself.
    """
    letter, answer = attempt.letter, attempt.answer
    outbox.add_attempt(tx, letter.delivery_id, answer, at=attempt.at)
    tally = outbox.tally(tx, letter.delivery_id)
    down = rules.is_down(answer.outcome)
    state = rules.state_after(answer.outcome, tally.rejections)
    delay = timedelta(0) if down else rules.retry_delay(tally.faults, first_delay)
    outbox.mark(
        tx,
        letter.delivery_id,
        answer,
        state=state,
        delivered_at=attempt.at if state is State.DELIVERED else None,
        due_at=attempt.wall + delay,
    )
    failures = outbox.failures(tx, attempt.claim.destination_id) + 1 if down else 0
    due_at = attempt.wall + rules.retry_delay(failures, first_delay)
    outbox.release(tx, attempt.claim, due_at=due_at, failures=failures)
    if state is State.DELIVERED:
        _audit(tx, letter, at=attempt.at)
        _move_on(tx, letter.version_id, now=attempt.at)
    tx.touch("deliveries", "reports")


def retry(
    tx: Tx, caller: Caller, *, destination_id: DestinationId, now: datetime, wall: datetime
) -> None:
    """Everything owed to a destination is tried again at once, even what was refused.

    What arrived a moment ago is not sent twice: then there is nothing to do, and nothing is wrong.
    """
    sites = caller.sites_as(*_RUNNING)
    if not outbox.was_owed(tx, destination_id=destination_id, sites=sites):
        raise NotFoundError("nothing waits for this destination")
    if not outbox.retry(tx, destination_id=destination_id, sites=sites, wall=wall):
        return
    what = Access(action="delivery.retry", subject=f"destination:{destination_id}")
    access.record(tx, caller, what, at=now)
    tx.touch("deliveries")


def troubles(tx: Tx, *, sites: Set[SiteId], wall: datetime) -> list[Trouble]:
    """The destinations of `sites` that have not acknowledged what they should have by now."""
    return outbox.troubles(tx, sites=sites, late=wall - LATE)


def deliveries(tx: Tx, caller: Caller, *, state: State | None) -> list[Delivery]:
    """What was owed lately to the systems of the caller's sites; NotFoundError without any."""
    return outbox.deliveries(tx, sites=_sites(caller, *_RUNNING), state=state)


def troubles_of(tx: Tx, caller: Caller, *, wall: datetime) -> list[Trouble]:
    """The troubles that concern somebody: who runs the exchange, or waits for its results."""
    sites = _sites(caller, *_RUNNING, Role.REQUESTER)
    return troubles(tx, sites=sites, wall=wall)


def signed_results(tx: Tx, caller: Caller) -> list[Result]:
    """The last version of each report of the caller's sites: those nobody has read first."""
    return results.signed(tx, sites=_sites(caller, Role.REQUESTER))


def pending(tx: Tx, caller: Caller) -> list[Pending]:
    """The exams of the caller's sites whose report is not signed, the most urgent first."""
    return results.pending(tx, sites=_sites(caller, Role.REQUESTER))


def note_list(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """The audit trail says that the caller looked at the list of results."""
    access.record(tx, caller, Access(action="results.list", subject="results"), at=now)


def open_report(tx: Tx, caller: Caller, *, version_id: VersionId, now: datetime) -> OpenReport:
    """A signed version as its requesters read it, and the audit trail says that they did."""
    report = _own_report(tx, caller, version_id)
    _note(tx, caller, report, action="report.view", at=now)
    return OpenReport(
        report=report,
        patient=patients.patient(tx, report.patient_id),
        site=territory.site(tx, report.site_id),
        chain=results.chain(tx, report.exam_id),
        readers=results.readers(tx, version_id),
        receipts=results.receipts(tx, version_id),
    )


def receipts_of(
    tx: Tx, caller: Caller, *, exam_id: ExamId
) -> tuple[list[ExamReceipt], list[Reading]]:
    """Where an exam's report arrived, and who took note of it, at the caller's sites."""
    return (
        results.exam_receipts(tx, exam_id, sites=caller.sites),
        results.exam_readers(tx, exam_id, sites=caller.sites),
    )


def acknowledge(tx: Tx, caller: Caller, *, version_id: VersionId, now: datetime) -> None:
    """The caller has read the version; saying it twice changes nothing."""
    report = _own_report(tx, caller, version_id)
    if results.add_acknowledgement(tx, version_id, person_id=caller.person_id, at=now):
        _note(tx, caller, report, action="report.acknowledge", at=now)
        _move_on(tx, version_id, now=now, by=caller)
        tx.touch("reports")


def facility(tx: Tx, name: str, *, at: datetime) -> Facility:
    """The site that calls itself `name` in its messages; NotFoundError when none does."""
    found = outbox.facility(tx, name, on=local(at).date()) if name else None
    if found is None:
        raise NotFoundError("the sending facility is not known")
    return found


def identify(tx: Tx, sender: Facility, identity: Identity, *, at: datetime) -> PatientId:
    """The patient a site announces is known under the identifier it gave them."""
    traits = Traits(
        surname=identity.surname,
        first_name=identity.first_name,
        birth_on=identity.birth_on,
        sex=identity.sex,
    )
    patient_id = patients.identify(
        tx, site_id=sender.site_id, local_id=identity.local_id, traits=traits, at=at
    )
    what = Access(
        action="patient.identify",
        subject=f"patient:{patient_id}",
        patient_id=patient_id,
        site_id=sender.site_id,
    )
    access.record(tx, f"mllp {sender.code}", what, at=at)
    return patient_id


def _sites(caller: Caller, *roles: Role) -> frozenset[SiteId]:
    sites = caller.sites_as(*roles)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return sites


def _own_report(tx: Tx, caller: Caller, version_id: VersionId) -> SignedReport:
    if not results.is_visible(tx, version_id, sites=caller.sites_as(Role.REQUESTER)):
        raise NotFoundError("there is no such report")
    return reading.signed(tx, version_id)


def _note(tx: Tx, caller: Caller, report: SignedReport, *, action: str, at: datetime) -> None:
    what = Access(
        action=action,
        subject=f"version:{report.version_id}",
        patient_id=report.patient_id,
        site_id=report.site_id,
    )
    access.record(tx, caller, what, at=at)


def _move_on(
    tx: Tx,
    version_id: VersionId,
    *,
    now: datetime,
    is_owed: bool = True,
    by: Caller | None = None,
) -> None:
    """The report stands where its last version has come; one owed to nobody has arrived."""
    if exam_id := results.heard_retraction(tx, version_id):
        retraction.settle(tx, exam_id, by=by, now=now)
    if arrival := results.arrival(tx, version_id):
        closing.move_on(
            tx,
            arrival.exam_id,
            is_delivered=arrival.is_delivered or not is_owed,
            is_acknowledged=arrival.is_acknowledged,
            now=now,
        )


def _tell_readers(tx: Tx, version: Signed, now: datetime) -> None:
    """Whoever took note of a report hears once that it is otherwise now."""
    is_retraction = version.kind == Kind.RETRACTION
    if is_retraction:
        text = N_("A report that you have read was retracted: it is about somebody else.")
    else:
        text = N_("A report that you have read was followed by another one.")
    for person_id in results.earlier_readers(tx, version.version_id):
        notify.tell(
            tx,
            person_id=person_id,
            kind="critical" if is_retraction else "loop",
            text=text,
            link=f"/results/{version.version_id}",
            at=now,
            urgent=is_retraction,
            key=f"followed:{version.version_id}:{person_id}",
        )


def _audit(tx: Tx, letter: Letter, *, at: datetime) -> None:
    what = Access(
        action="report.deliver",
        subject=f"delivery:{letter.delivery_id}",
        patient_id=letter.patient_id,
        site_id=letter.site_id,
    )
    access.record(tx, "outbox", what, at=at)


def _owed(tx: Tx, version: Signed) -> list[Owed]:
    """A retraction goes wherever the report went, even where its site sends nothing any more."""
    found = territory.destinations(tx, site_id=version.site_id, on=local(version.signed_at).date())
    wanted = {destination.destination_id for destination in found}
    if version.kind == Kind.RETRACTION:
        wanted |= outbox.ever_owed(tx, version.exam_id)
    ids = [DeliveryId(uuid4()) for _ in wanted]
    return [
        Owed(
            delivery_id=delivery_id,
            destination_id=destination_id,
            version_id=version.version_id,
            control_id=rules.control_id(delivery_id),
        )
        for delivery_id, destination_id in zip(ids, sorted(wanted), strict=True)
    ]
