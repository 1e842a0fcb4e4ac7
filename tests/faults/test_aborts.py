"""A machine that leaves at each possible point, in each possible way."""

from collections.abc import Callable, Sequence

import pytest
from pydicom.dataset import Dataset

from faults import wire
from faults.outside_view import View
from faults.wire import P_DATA, RELEASE_RQ, Peer, pdu, store_command
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

Leave = Callable[[Peer], None]
WAYS: dict[str, Leave] = {
    "aborts": Peer.abort,
    "closes": lambda peer: peer.line.close(),
    "is cut off": Peer.reset,
}
TIMES = 4  # of every point and way: more associations than the hub has at once, if it kept any


def asked(image: Dataset) -> Sequence[bytes]:
    """The PDUs of a C-STORE, its data set in several."""
    return list(wire.message(store_command(image.SOPInstanceUID), encode(image), size=200))


def before_asking(peer: Peer, image: Dataset) -> None:
    """It has said nothing."""


def in_its_request(peer: Peer, image: Dataset) -> None:
    peer.send(wire.request()[:50])


def after_its_request(peer: Peer, image: Dataset) -> None:
    peer.send(wire.request())


def once_accepted(peer: Peer, image: Dataset) -> None:
    peer.associate()


def in_a_command(peer: Peer, image: Dataset) -> None:
    peer.associate()
    peer.send(asked(image)[0][:40])


def after_a_command(peer: Peer, image: Dataset) -> None:
    peer.associate()
    peer.send(asked(image)[0])


def in_a_fragment(peer: Peer, image: Dataset) -> None:
    peer.associate()
    peer.send(*asked(image)[:2], asked(image)[2][:30])


def between_two_fragments(peer: Peer, image: Dataset) -> None:
    peer.associate()
    peer.send(*asked(image)[:-1])


def in_the_last_fragment(peer: Peer, image: Dataset) -> None:
    peer.associate()
    peer.send(*asked(image)[:-1], asked(image)[-1][:-20])  # longer than an abort


POINTS = (
    before_asking,
    in_its_request,
    after_its_request,
    once_accepted,
    in_a_command,
    after_a_command,
    in_a_fragment,
    between_two_fragments,
    in_the_last_fragment,
)


@pytest.mark.parametrize("leave", WAYS.values(), ids=WAYS)
def test_a_client_that_aborts_at_each_possible_point(hub: View, leave: Leave) -> None:
    with hub.unchanged():
        for point in POINTS * TIMES:
            with wire.connected(hub.port) as peer:
                point(peer, ct())
                leave(peer)


@pytest.mark.parametrize("leave", WAYS.values(), ids=WAYS)
def test_a_client_that_leaves_without_hearing_the_answer(hub: View, leave: Leave) -> None:
    """What it sent whole may be there, and is then there once and whole."""
    image = ct()
    for _ in range(TIMES):
        with wire.connected(hub.port) as peer:
            peer.associate()
            peer.send(*asked(image))
            leave(peer)
    with wire.established(hub.port) as peer:
        assert peer.store(encode(image), image.SOPInstanceUID) == wire.SUCCESS
    assert hub.uids(image.StudyInstanceUID) == [image.SOPInstanceUID]
    assert kept(hub, image) == encode(image)


@pytest.mark.parametrize("leave", WAYS.values(), ids=WAYS)
def test_a_client_that_leaves_once_it_was_answered(hub: View, leave: Leave) -> None:
    images = [ct() for _ in range(TIMES)]
    for image in images:
        with wire.connected(hub.port) as peer:
            peer.associate()
            assert peer.store(encode(image), image.SOPInstanceUID) == wire.SUCCESS
            peer.send(pdu(RELEASE_RQ) + pdu(P_DATA, b"")[:3])
            leave(peer)
    assert [kept(hub, image) for image in images] == [encode(image) for image in images]
    hub.check_well()


def kept(hub: View, image: Dataset) -> bytes:
    return hub.data_set(image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID)
