"""The same UID with other content: held, compared, decided by a person, in writing."""

from dataclasses import replace

import pytest
from pydicom.uid import generate_uid

import make
from images.instances import CT, as_file, ct
from images.web import keep
from plateau.images.quarantine import service as quarantine
from plateau.images.quarantine.types import Decision
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

REASON = "L'appareil a renvoyé l'image recadrée."


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def keeper(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)


def hold_another(db: Db, blobs: Blobs) -> tuple[bytes, bytes, int]:
    """A stored file, another under its UID, and the number under which that one is held."""
    image = ct(generate_uid())
    stored = as_file(image)
    keep(db, blobs, stored)
    image.PixelData = bytes(32)
    image.StudyDescription = "Thorax"
    other = as_file(image)
    with db.begin() as tx:
        held = quarantine.hold(
            tx, blobs, content=other, origin=CT, reason="other content", at=make.NIGHT
        )
    assert held is not None
    return stored, other, held


def resolve(db: Db, blobs: Blobs, caller: Caller, number: int, state: str) -> None:
    with db.begin() as tx:
        quarantine.resolve(
            tx,
            blobs,
            caller,
            number,
            decision=Decision(state=state, reason=REASON),
            now=make.NIGHT,
        )


def test_what_came_is_kept_byte_for_byte_beside_what_is_stored(
    db: Db, blobs: Blobs, keeper: Caller
) -> None:
    stored, other, number = hold_another(db, blobs)
    with db.begin() as tx:
        (held,) = quarantine.listed(tx, keeper, is_open=True, now=make.NIGHT)

    assert held.quarantine_id == number
    assert blobs.get(held.blob_key) == other
    assert blobs.get(held.kept_key) == stored
    assert (held.ae_title, held.times, held.state) == ("CT_TEST", 1, "open")


def test_the_same_bytes_again_are_counted_not_listed_twice(
    db: Db, blobs: Blobs, keeper: Caller
) -> None:
    stored, other, number = hold_another(db, blobs)
    with db.begin() as tx:
        again = quarantine.hold(
            tx, blobs, content=other, origin=CT, reason="other content", at=make.NIGHT
        )
        same = quarantine.hold(
            tx, blobs, content=stored, origin=CT, reason="other content", at=make.NIGHT
        )
        (held,) = quarantine.listed(tx, keeper, is_open=True, now=make.NIGHT)

    assert (again, same) == (number, None)
    assert held.times == 2


def test_differences_are_named_and_pixels_compared(db: Db, blobs: Blobs, keeper: Caller) -> None:
    _, _, number = hold_another(db, blobs)
    with db.begin() as tx:
        held = quarantine.opened(tx, keeper, number, make.NIGHT)
        viewed = tx.values("select action from access.audit where patient_id is not null")
    rows, same_pixels = quarantine.compare(blobs, held, keeper)

    assert [(row.kept, row.sent) for row in rows if row.differs] == [("Tête", "Thorax")]
    assert same_pixels is False
    assert viewed == ["images.quarantine.view"]


def test_a_decision_needs_a_reason_and_is_recorded(db: Db, blobs: Blobs, keeper: Caller) -> None:
    _, _, number = hold_another(db, blobs)
    with pytest.raises(InvalidInputError), db.begin() as tx:
        quarantine.resolve(
            tx,
            blobs,
            keeper,
            number,
            decision=Decision(state="kept_old", reason="  "),
            now=make.NIGHT,
        )
    resolve(db, blobs, keeper, number, "kept_old")
    with db.begin() as tx:
        (held,) = quarantine.listed(tx, keeper, is_open=False, now=make.NIGHT)
        said = tx.values("select reason from access.audit where action ~ 'kept_old'")

    assert (held.state, held.resolved_reason, said) == ("kept_old", REASON, [REASON])
    with pytest.raises(ConflictError):
        resolve(db, blobs, keeper, number, "discarded")


def test_a_decision_that_stored_nothing_can_be_taken_back(
    db: Db, blobs: Blobs, keeper: Caller
) -> None:
    _, _, number = hold_another(db, blobs)
    resolve(db, blobs, keeper, number, "discarded")
    with db.begin() as tx:
        quarantine.reopen(tx, keeper, number, make.NIGHT)
        (held,) = quarantine.listed(tx, keeper, is_open=True, now=make.NIGHT)
    assert (held.state, held.resolved_reason) == ("open", None)


def test_accepted_bytes_become_an_instance_of_their_own(
    db: Db, blobs: Blobs, keeper: Caller
) -> None:
    stored, other, number = hold_another(db, blobs)
    resolve(db, blobs, keeper, number, "replaced")
    with db.begin() as tx:
        held = quarantine.opened(tx, keeper, number, make.NIGHT)
        uids = tx.values("select sop_instance_uid from images.instance")
        counted = tx.value("select instances from images.study")

    assert set(uids) == {held.sop_instance_uid, held.new_uid}
    assert counted == 2
    assert blobs.get(held.blob_key) == other
    assert blobs.get(held.kept_key) == stored
    with pytest.raises(ConflictError), db.begin() as tx:
        quarantine.reopen(tx, keeper, number, make.NIGHT)


def test_who_is_not_a_keeper_of_the_site_sees_nothing(
    db: Db, blobs: Blobs, keeper: Caller, world: make.World
) -> None:
    _, _, number = hold_another(db, blobs)
    reader = make.a_caller(world.reader_id, world.site_id)
    with db.begin() as tx:
        elsewhere = replace(
            keeper, roles={Role.TECHNOLOGIST: frozenset({make.a_site(tx, "OTHER")})}
        )
        assert quarantine.listed(tx, elsewhere, is_open=True, now=make.NIGHT) == []
        for stranger in (reader, elsewhere):
            with pytest.raises(NotFoundError):
                quarantine.opened(tx, stranger, number, make.NIGHT)
