"""What has to happen after a report has an owner, a time, and a proof; nobody forgets it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

import make
import make_after
from plateau.access.notify import service as notify
from plateau.entry import http
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, PlateauError
from plateau.kernel.ids import ExamId, PersonId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings
from plateau.reading.loops import queries, rules, service
from plateau.reading.loops.types import Opening, Owner, State, Step

NOW = make.NIGHT
STEPS = st.lists(st.tuples(st.sampled_from(Step), st.sampled_from(["", "seen"])), max_size=8)


@given(STEPS)
def test_nothing_ends_without_a_proof_and_nothing_follows_the_end(
    steps: list[tuple[Step, str]],
) -> None:
    state: State | None = None
    done: list[tuple[Step, str]] = []
    for step, note in steps:
        try:
            reached = rules.after(state, step, note=note)
        except PlateauError:
            continue
        assert state not in {State.CLOSED, State.LAPSED}
        assert step not in {Step.CLOSED, Step.LAPSED} or note
        state = reached
        done.append((step, note))
    assert rules.replayed(done) == state


@given(st.sampled_from(Role), st.booleans())
def test_each_escalation_moves_the_owner_forward_until_the_coordinators_keep_it(
    role: Role, is_person: bool
) -> None:
    person = PersonId(UUID(int=1))
    owner = Owner(person if is_person else None, role)
    met = [owner]
    for _ in range(4):
        owner = rules.next_owner(owner)
        met.append(owner)
    assert owner == Owner(None, Role.COORDINATOR)
    kept = met.index(owner)
    assert len(set(met[: kept + 1])) == kept + 1


@dataclass(frozen=True, slots=True)
class Desk:
    world: make.World
    exam_id: ExamId
    reader: Caller
    colleague: Caller
    coordinator: Caller

    def opening(self, **changed: object) -> Opening:
        base = Opening(
            kind="recall",
            exam_id=self.exam_id,
            patient_id=self.world.patient_id,
            site_id=self.world.site_id,
            text="Something has to happen.",
            owner=Owner(self.reader.person_id, Role.READER),
        )
        return replace(base, **changed)  # pyright: ignore[reportArgumentType]  # a test's changes


@pytest.fixture
def desk(tx: Tx) -> Desk:
    world = make.a_world(tx)
    callers: list[Caller] = []
    for login, role in (("collegue", Role.READER), ("regulation", Role.COORDINATOR)):
        person_id = make.a_person(tx, login)
        make.a_role(tx, person_id, role, world.site_id)
        callers.append(make.a_caller(person_id, world.site_id, role=role))
    reader = make.a_caller(world.reader_id, world.site_id, role=Role.READER)
    return Desk(world, make_after.a_task(tx, world), reader, *callers)


def told(tx: Tx, caller: Caller) -> list[str]:
    return [one.text for one in notify.mine(tx, caller)]


def test_an_owner_is_told_and_what_they_have_in_hand_is_not_passed_on(tx: Tx, desk: Desk) -> None:
    loop_id = service.open_loop(tx, desk.opening(), by=None, now=NOW)
    assert told(tx, desk.reader) == ["Something has to happen."]
    service.acknowledge(tx, desk.reader, loop_id, now=NOW)
    assert service.sweep(tx, now=NOW + timedelta(hours=5)) == 0
    service.close(tx, desk.reader, loop_id, proof="Called Dr EXEMPLE.", now=NOW)
    seen = service.seen(tx, desk.reader, loop_id, now=NOW)
    assert [one.step for one in seen.events] == ["opened", "acknowledged", "closed"]
    assert (seen.line.state, seen.line.proof) == ("closed", "Called Dr EXEMPLE.")
    assert service.open_of(tx, desk.exam_id) == 0


def test_when_nobody_moves_colleagues_then_coordinators_are_told_once_each_time(
    tx: Tx, desk: Desk
) -> None:
    service.open_loop(tx, desk.opening(), by=None, now=NOW)
    patience = queries.terms(tx, "recall", "", on=NOW.date()).pass_on
    at = NOW
    for reached in (desk.colleague, desk.coordinator, desk.coordinator):
        at += patience
        before = len(told(tx, reached))
        assert service.sweep(tx, now=at) == 1
        assert service.sweep(tx, now=at) == 0
        assert len(told(tx, reached)) == before + 1
    (line,) = service.lines(tx, desk.coordinator)
    assert (line.step, line.owner_role, line.owner_id) == (3, "coordinator", None)


def test_a_loop_ends_once_and_with_a_proof(tx: Tx, desk: Desk) -> None:
    loop_id = service.open_loop(tx, desk.opening(), by=None, now=NOW)
    with pytest.raises(InvalidInputError):
        service.close(tx, desk.reader, loop_id, proof="  ", now=NOW)
    service.lapse(tx, desk.reader, loop_id, reason="The patient has died.", now=NOW)
    with pytest.raises(ConflictError):
        service.close(tx, desk.reader, loop_id, proof="Late.", now=NOW)
    service.conclude(tx, loop_id, proof="by what opened it", by=None, now=NOW)  # over: nothing
    assert service.lines(tx, desk.reader) == []
    assert [one.proof for one in service.lines(tx, desk.reader, is_over=True)] == [
        "The patient has died."
    ]


def test_a_critical_loop_is_passed_on_within_minutes_by_its_category(tx: Tx, desk: Desk) -> None:
    opening = desk.opening(kind="critical", category="minutes")
    service.open_loop(tx, opening, by=None, now=NOW)
    assert service.sweep(tx, now=NOW + timedelta(minutes=9)) == 0
    assert service.sweep(tx, now=NOW + timedelta(minutes=10)) == 1
    assert service.sweep(tx, now=NOW + timedelta(minutes=20)) == 1


def test_whoever_has_nothing_to_do_with_it_finds_nothing(tx: Tx, desk: Desk) -> None:
    loop_id = service.open_loop(tx, desk.opening(), by=None, now=NOW)
    elsewhere = make.a_site(tx, "AUTRE")
    stranger = make.a_caller(make.a_person(tx, "ailleurs"), elsewhere, role=Role.COORDINATOR)
    assert service.lines(tx, stranger) == []
    for refused in (service.acknowledge, service.seen):
        with pytest.raises(NotFoundError):
            refused(tx, stranger, loop_id, now=NOW)
    assert service.of_exam(tx, stranger, desk.exam_id) == []


@pytest.fixture
def page(db: Db, blobs: Blobs, tx: Tx, desk: Desk) -> Iterator[TestClient]:
    service.open_loop(tx, desk.opening(), by=None, now=NOW)
    tx.connection.commit()
    caller = replace(desk.reader, language="en")
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: caller)
    with TestClient(app) as client:
        yield client


def test_a_loop_is_seen_taken_in_hand_and_closed_on_its_pages(
    page: TestClient, db: Db, desk: Desk
) -> None:
    listed = page.get("/loops").text
    assert "Recall after a discordance" in listed
    with db.begin() as tx:
        loop_id = tx.value("select loop_id from reading.loop")
    where = f"/loops/{loop_id}"
    assert where in listed
    assert "I see to it" in page.get(where).text
    assert page.post(f"{where}/acknowledge", data={"csrf": "c"}).status_code == 200
    assert page.post(f"{where}/close", data={"csrf": "c", "proof": ""}).status_code == 400
    assert (
        "read back"
        in page.post(f"{where}/close", data={"csrf": "c", "proof": "read back by phone"}).text
    )
    assert "Nothing is to be followed." in page.get("/loops").text
    assert "read back by phone" in page.get("/loops?over=1").text
    assert "Recall after a discordance" in page.get(f"/read/{desk.exam_id}/loops").text
    assert page.get("/loops?kind=nothing").status_code == 404
