"""The outbox against real receivers: never lost, never two deliveries."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exchange.post import PDF, WALL, a_post, a_receiver, a_signed_report, filed, owe, say
from make import NIGHT, World, a_caller, a_site, a_world
from make_after import a_destination, a_task, a_version
from outside import ris
from plateau.exchange import hl7v2, jobs, outbox, rules, service
from plateau.exchange.types import Answer, Attempt, Outcome
from plateau.kernel.caller import Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import DestinationId, VersionId
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.runtime import Runtime
from plateau.reading.events import ReportSigned

SECOND = timedelta(seconds=1)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def port(inbox: Path) -> Iterator[int]:
    """Where a receiver listens, in this process."""
    with ris.serve(ris.Ris(facility="TEST", inbox=inbox / "TEST"), 0) as port:
        yield port


@pytest.fixture
def post(db: Db, blobs: Blobs) -> Runtime:
    return a_post(db, blobs)


def owed(post: Runtime, port: int, reports: int = 1) -> tuple[World, DestinationId]:
    """So many signed reports, owed to one destination."""
    with post.db.begin() as tx:
        world = a_world(tx)
        destination_id = a_destination(tx, world.site_id, port)
        owe(tx, *(a_signed_report(tx, post.blobs, world) for _ in range(reports)))
    return world, destination_id


def send(post: Runtime, after_s: float = 0) -> Outcome | None:
    return outbox.send_due(post, wall=WALL + after_s * SECOND, now=NIGHT)


def states(post: Runtime) -> list[str]:
    with post.db.begin() as tx:
        return tx.values("select state from exchange.delivery order by created_at, delivery_id")


def outcomes(post: Runtime) -> list[str]:
    with post.db.begin() as tx:
        return tx.values("select outcome from exchange.attempt order by attempt_id")


def troubles(post: Runtime, world: World, after_s: float = 0) -> list[tuple[str, int, int]]:
    with post.db.begin() as tx:
        found = service.troubles(tx, sites=frozenset({world.site_id}), wall=WALL + after_s * SECOND)
    return [(one.outcome, one.waiting, one.refused) for one in found]


def test_an_acknowledged_report_is_delivered(post: Runtime, port: int, inbox: Path) -> None:
    world, _ = owed(post, port)

    assert send(post) is Outcome.ACCEPTED

    assert states(post) == ["delivered"]
    assert troubles(post, world, 3600) == []
    (control_id,) = filed(inbox)
    message = hl7v2.parse((inbox / "TEST" / f"{control_id}.hl7").read_bytes())
    assert hl7v2.value(message, "MSH", 10) == control_id
    assert hl7v2.value(message, "PID", 3) == "IPP-TEST-1"
    assert send(post, 3600) is None
    with post.db.begin() as tx:
        assert tx.value("select actor from access.audit where action = 'report.deliver'")


def test_a_refusal_is_shown_and_tried_again_under_the_same_number(
    post: Runtime, port: int, inbox: Path
) -> None:
    world, _ = owed(post, port)
    say(inbox, "AE")

    assert send(post) is Outcome.ERROR
    assert troubles(post, world) == [("AE", 1, 0)]
    assert send(post, 3) is None  # not before the delay
    say(inbox, "AA")
    assert send(post, 6) is Outcome.ACCEPTED

    assert outcomes(post) == ["AE", "AA"]
    assert len(filed(inbox)) == 1
    assert troubles(post, world, 3600) == []


def test_silence_times_out_raises_the_banner_and_holds_back_the_destination(
    db: Db, blobs: Blobs, port: int, inbox: Path
) -> None:
    post = a_post(db, blobs, timeout_s=0.2)
    world, _ = owed(post, port, reports=2)
    say(inbox, "silent")

    assert send(post) is Outcome.SILENCE
    assert send(post, 1) is None  # the other report is not tried either
    assert troubles(post, world) == [("silence", 1, 0)]
    assert troubles(post, world, 60) == [("silence", 2, 0)]
    say(inbox, "AA")
    assert [send(post, 10), send(post, 20)] == [Outcome.ACCEPTED] * 2

    assert states(post) == ["delivered"] * 2


def test_malformed_hl7_answer_is_recorded_and_the_report_sent_again(
    post: Runtime, port: int, inbox: Path
) -> None:
    world, _ = owed(post, port)
    say(inbox, "garbage")

    assert send(post) is Outcome.MALFORMED
    assert states(post) == ["waiting"]
    assert troubles(post, world) == [("malformed", 1, 0)]
    say(inbox, "AA")

    assert send(post, 10) is Outcome.ACCEPTED


def test_a_message_that_is_not_accepted_does_not_hold_up_the_others(
    post: Runtime, port: int, inbox: Path
) -> None:
    owed(post, port, reports=2)
    say(inbox, "AE")
    assert send(post) is Outcome.ERROR
    say(inbox, "AA")

    assert send(post, 1) is Outcome.ACCEPTED

    assert sorted(states(post)) == ["delivered", "waiting"]


def test_a_report_rejected_again_and_again_waits_for_a_person_who_has_it_sent(
    post: Runtime, port: int, inbox: Path
) -> None:
    world, destination_id = owed(post, port)
    say(inbox, "AR")
    for attempt in range(rules.REJECTIONS):
        assert send(post, 1000 * attempt) is Outcome.REJECTED
    later = 1_000_000
    assert send(post, later) is None
    assert troubles(post, world) == [("AR", 0, 1)]
    say(inbox, "AA")
    coordinator = a_caller(world.requester_id, world.site_id, role=Role.COORDINATOR)
    wall = WALL + later * SECOND

    with post.db.begin() as tx:
        service.retry(tx, coordinator, destination_id=destination_id, now=NIGHT, wall=wall)

    assert send(post, later) is Outcome.ACCEPTED
    with post.db.begin() as tx:  # it arrived a moment ago: nothing to do, nothing wrong
        service.retry(tx, coordinator, destination_id=destination_id, now=NIGHT, wall=wall)
    assert send(post, later) is None


def test_only_the_sites_own_coordinators_have_a_report_sent_again(post: Runtime, port: int) -> None:
    world, destination_id = owed(post, port)
    with post.db.begin() as tx:
        elsewhere = a_site(tx, "AUTRE")
    for caller in (
        a_caller(world.requester_id, elsewhere, role=Role.COORDINATOR),
        a_caller(world.requester_id, world.site_id, role=Role.REQUESTER),
    ):
        with pytest.raises(NotFoundError), post.db.begin() as tx:
            service.retry(tx, caller, destination_id=destination_id, now=NIGHT, wall=WALL)


def test_a_receiver_killed_and_restarted_gets_everything_once(post: Runtime, inbox: Path) -> None:
    with a_receiver(inbox) as receiver:
        owed(post, receiver.port, reports=3)
        assert send(post) is Outcome.ACCEPTED
        receiver.kill()

    assert send(post, 1) is Outcome.UNREACHABLE
    with a_receiver(inbox, receiver.port) as restarted:
        assert [send(post, 10), send(post, 20)] == [Outcome.ACCEPTED] * 2
        assert restarted.kill() == 2

    assert states(post) == ["delivered"] * 3
    assert len(filed(inbox)) == 3


def test_two_senders_at_once_deliver_each_report_once(post: Runtime, db: Db, inbox: Path) -> None:
    runtime.use(post)
    with a_receiver(inbox) as receiver:
        owed(post, receiver.port, reports=12)
        stop = threading.Event()
        senders = [threading.Thread(target=outbox.run, args=(db, stop)) for _ in range(2)]
        for sender in senders:
            sender.start()
        while states(post) != ["delivered"] * 12 and not stop.wait(0.1):
            pass
        stop.set()
        for sender in senders:
            sender.join()

        assert receiver.kill() == 12

    assert len(filed(inbox)) == 12
    assert outcomes(post) == ["AA"] * 12


def test_what_a_dead_sender_had_claimed_is_sent_by_another_under_the_same_number(
    post: Runtime, port: int, inbox: Path
) -> None:
    owed(post, port)
    with post.db.begin() as tx:
        found = service.claim_next(tx, wall=WALL, timeout_s=5)
    assert found is not None

    assert send(post, 9) is None
    assert send(post, 11) is Outcome.ACCEPTED

    assert filed(inbox) == {found[1].control_id}


def test_a_sender_that_comes_back_too_late_frees_nothing_and_undoes_nothing(
    post: Runtime, port: int
) -> None:
    owed(post, port)
    with post.db.begin() as tx:
        found = service.claim_next(tx, wall=WALL, timeout_s=5)
    assert found is not None
    claim, letter = found
    assert send(post, 11) is Outcome.ACCEPTED
    late = Attempt(
        claim=claim,
        letter=letter,
        answer=Answer(outcome=Outcome.SILENCE),
        at=NIGHT,
        wall=WALL,
    )

    with post.db.begin() as tx:
        service.conclude(tx, late, first_delay=SECOND)

    assert states(post) == ["delivered"]
    with post.db.begin() as tx:
        assert tx.value("select failures from exchange.lane") == 0


def test_an_addendum_never_overtakes_the_report_it_adds_to(
    post: Runtime, port: int, inbox: Path
) -> None:
    with post.db.begin() as tx:
        world = a_world(tx)
        a_destination(tx, world.site_id, port)
        exam_id = a_task(tx, world)
        key = post.blobs.put(PDF)
        first = a_version(tx, world, exam_id, 1, key)
        second = a_version(tx, world, exam_id, 2, key)
        owe(tx, second, first)  # the events arrive in the wrong order
    say(inbox, "AE")
    assert send(post) is Outcome.ERROR
    say(inbox, "AA")

    assert send(post, 1) is None
    assert [send(post, 10), send(post, 20)] == [Outcome.ACCEPTED] * 2

    with post.db.begin() as tx:
        order = tx.values(
            """
            select d.version_id from exchange.attempt a join exchange.delivery d using (delivery_id)
            order by a.attempt_id
            """
        )
    assert order == [first, first, second]


def test_a_signed_event_heard_twice_owes_one_delivery(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        world = a_world(tx)
        a_destination(tx, world.site_id, 1)
        version_id = a_signed_report(tx, blobs, world)
        exam_id = tx.value("select exam_id from reading.version")
    event = ReportSigned(version_id=version_id, exam_id=exam_id, site_id=world.site_id)

    jobs.owe_report(event)
    jobs.owe_report(event)

    with db.begin() as tx:
        assert tx.values("select state from exchange.delivery") == ["waiting"]


def test_a_site_without_destination_owes_nothing(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        world = a_world(tx)
        other = a_site(tx, "AUTRE")
        a_destination(tx, other, 1)
        owe(tx, a_signed_report(tx, blobs, world))

        assert tx.value("select count(*) from exchange.delivery") == 0


def test_a_document_that_cannot_be_fetched_is_shown_and_tried_again(
    post: Runtime, port: int
) -> None:
    with post.db.begin() as tx:
        world = a_world(tx)
        a_destination(tx, world.site_id, port)
        owe(tx, a_version(tx, world, a_task(tx, world), document_key="f" * 40))

    assert send(post) is Outcome.UNREADY
    assert states(post) == ["waiting"]
    assert troubles(post, world) == [("unready", 1, 0)]


def test_a_delivery_that_nobody_tries_is_a_trouble_too(post: Runtime, port: int) -> None:
    world, _ = owed(post, port)

    assert troubles(post, world, 29) == []
    assert troubles(post, world, 31) == [("", 1, 0)]


def test_the_real_clock_runs_the_loop_until_asked_to_stop(
    post: Runtime, db: Db, port: int, inbox: Path
) -> None:
    runtime.use(post)
    with db.begin() as tx:
        world = a_world(tx)
        a_destination(tx, world.site_id, port)
        owe(tx, VersionId(a_signed_report(tx, post.blobs, world)), wall=clock.wall())
    stop = threading.Event()
    sender = threading.Thread(target=outbox.run, args=(db, stop))
    sender.start()
    while not filed(inbox) and not stop.wait(0.05):
        pass
    stop.set()
    sender.join(5)

    assert not sender.is_alive()


def test_a_report_is_delivered_then_read_by_whoever_asked(post: Runtime, port: int) -> None:
    world, _ = owed(post, port)
    with post.db.begin() as tx:
        tx.run("update reading.task set state = 'final'")
        version_id = tx.value("select version_id from reading.version")
    asker = a_caller(world.requester_id, world.site_id, role=Role.REQUESTER)
    with post.db.begin() as tx:
        service.acknowledge(tx, asker, version_id=version_id, now=NIGHT)
        assert tx.value("select state from reading.task") == "final"  # systems come first
    assert send(post) is Outcome.ACCEPTED
    with post.db.begin() as tx:
        assert tx.value("select state from reading.task") == "closed"
        steps = tx.values("select event from reading.transition order by transition_id")
    assert steps == ["delivered", "acknowledged", "closed"]
