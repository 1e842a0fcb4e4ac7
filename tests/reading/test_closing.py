"""How far a final report comes: properties of the rules, and the last loop on a real database."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.caller import Role
from plateau.kernel.words import N_
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading.closing import rules, service
from plateau.reading.closing.types import Standing
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.types import State
from reading.night import SOON, Night, replayed, signed, state_of

ISSUED = [State.FINAL, State.DELIVERED, State.ACKNOWLEDGED, State.CLOSED]
STANDINGS = st.builds(
    Standing,
    is_delivered=st.booleans(),
    is_acknowledged=st.booleans(),
    open_loops=st.integers(0, 3),
)


@given(state=st.sampled_from(State), standing=STANDINGS)
def test_a_report_only_moves_forward_and_never_past_what_holds(
    state: State, standing: Standing
) -> None:
    steps = rules.advance(state, standing)
    reached = steps[-1][2] if steps else state
    assert bool(steps) <= (state in ISSUED)
    if state in ISSUED:
        assert ISSUED.index(reached) - ISSUED.index(state) == len(steps)
    if steps:
        assert (reached == State.CLOSED) <= (standing.open_loops == 0)
        assert state != State.FINAL or standing.is_delivered
        assert rules.advance(reached, standing) == []


def move_on(db: Db, night: Night, *, delivered: bool, read: bool) -> None:
    with db.begin() as tx:
        service.move_on(tx, night.exam_id, is_delivered=delivered, is_acknowledged=read, now=SOON)


def state(db: Db, night: Night) -> str:
    with db.begin() as tx:
        found = state_of(tx, night.exam_id)
        assert replayed(tx, night.exam_id) == found
    return found


def test_a_report_is_closed_once_the_last_loop_around_it_has_ended(
    db: Db, blobs: Blobs, night: Night
) -> None:
    signed(db, blobs, night)
    opening = Opening(
        kind="opinion",
        exam_id=night.exam_id,
        patient_id=night.world.patient_id,
        site_id=night.world.site_id,
        text=N_("an opinion is asked for"),
        owner=Owner(night.reader.person_id, Role.READER),
    )
    with db.begin() as tx:
        loop_id = loops.open_loop(tx, opening, by=None, now=SOON)
    move_on(db, night, delivered=False, read=True)
    assert state(db, night) == "final"
    move_on(db, night, delivered=True, read=False)
    assert state(db, night) == "delivered"
    move_on(db, night, delivered=True, read=True)
    assert state(db, night) == "acknowledged"
    with db.begin() as tx:
        assert service.sweep(tx, now=SOON) == 0
        loops.close(tx, night.reader, loop_id, proof="Répondu.", now=SOON + timedelta(hours=1))
        assert service.sweep(tx, now=SOON) == 1
    assert state(db, night) == "closed"


def test_saying_it_again_changes_nothing(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    for _ in range(3):
        move_on(db, night, delivered=True, read=True)
    assert state(db, night) == "closed"
