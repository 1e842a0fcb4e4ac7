"""Bytes that no DICOM peer should send: the hub ends that connection, and serves the others."""

import random
import struct

import pytest
from pydicom.uid import generate_uid

from faults import wire
from faults.outside_view import View
from faults.wire import (
    ABORT,
    ASSOCIATE_RQ,
    COMMAND,
    EXPLICIT,
    LAST,
    P_DATA,
    RELEASE_RQ,
    fragment,
    pdu,
    store_command,
)
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

_ODD = 0xFFFFFFF0
_DICE = random.Random(6)
_UID = generate_uid()
_SAID = store_command(_UID)
_ASKED = pdu(P_DATA, fragment(EXPLICIT, COMMAND | LAST, _SAID))
_NOISE = _DICE.randbytes(300)


def spoiled(start: int, noise: bytes) -> bytes:
    """A request for an association, with noise in its place."""
    whole = wire.request()
    return whole[:start] + noise + whole[start + len(noise) :]


def data(value: bytes, flags: int = LAST, context: int = EXPLICIT) -> bytes:
    return pdu(P_DATA, fragment(context, flags, value))


FIRST: dict[str, bytes] = {
    "random bytes": _DICE.randbytes(4096),
    "a web request": b"GET / HTTP/1.1\r\nHost: plateau\r\n\r\n",
    "a TLS greeting": bytes.fromhex("1603010200010001fc0303") + bytes(501),
    "an empty request": pdu(ASSOCIATE_RQ, b""),
    "a short request": pdu(ASSOCIATE_RQ, bytes(20)),
    "a request of 4 GB": pdu(ASSOCIATE_RQ, b"", length=_ODD),
    "a request with noise for items": spoiled(80, _DICE.randbytes(200)),
    "an item longer than the request": spoiled(76, struct.pack(">H", 0xFFFF)),
    "data before an association": data(bytes(16)),
    "a release before an association": pdu(RELEASE_RQ),
    "an abort before an association": pdu(ABORT),
}
THEN: dict[str, bytes] = {
    "random bytes": b"\x99" + _DICE.randbytes(4096),
    "an unknown PDU": pdu(0x42),
    "another request": wire.request(),
    "an answer to nothing": pdu(wire.RELEASE_RP),
    "a command of noise": data(_NOISE, COMMAND | LAST),
    "a command cut short": data(_SAID[:-9], COMMAND | LAST) + data(b""),
    "a data set without a command": data(bytes(64)),
    "a command in the middle of a data set": _ASKED + data(bytes(64), 0) + _ASKED,
    "another context in the middle of a data set": _ASKED + data(bytes(64), 0) + data(b"", LAST, 5),
    "a release in the middle of a data set": _ASKED + data(bytes(64), 0) + pdu(RELEASE_RQ),
    "an object of noise": _ASKED + data(_NOISE),
    "an object without a byte": _ASKED + data(b""),
}
LENGTHS: dict[str, bytes] = {
    "a PDU of 4 GB": pdu(P_DATA, b"", length=_ODD),
    "a PDU of 4 GB in a data set": _ASKED + pdu(P_DATA, b"", length=_ODD),
    "a PDU of nothing in a data set": _ASKED + pdu(P_DATA, b""),
    "a PDU longer than agreed": _ASKED + data(bytes(1 << 20)),
    "a PDV of nothing": pdu(P_DATA, fragment(EXPLICIT, LAST, b"", length=0)),
    "a PDV of one byte": pdu(P_DATA, fragment(EXPLICIT, LAST, b"", length=1)),
    "a PDV of nothing in a data set": _ASKED + pdu(P_DATA, fragment(EXPLICIT, 0, b"", length=0)),
    "a PDV longer than its PDU": pdu(P_DATA, fragment(EXPLICIT, LAST, b"", length=500)),
    "a PDV longer than its PDU in a data set": _ASKED
    + pdu(P_DATA, fragment(EXPLICIT, LAST, bytes(50), length=500)),
    "a PDV of 4 GB in a data set": _ASKED
    + pdu(P_DATA, fragment(EXPLICIT, LAST, bytes(50), length=_ODD)),
    "a PDV shorter than its PDU": _ASKED
    + pdu(P_DATA, fragment(EXPLICIT, LAST, bytes(50), length=20)),
    "the half of a PDV's header": _ASKED + pdu(P_DATA, b"\0\0\0"),
}


@pytest.mark.parametrize("garbage", FIRST.values(), ids=FIRST)
def test_pdu_garbage_instead_of_an_association(hub: View, garbage: bytes) -> None:
    with hub.unchanged(), wire.connected(hub.port) as peer:
        peer.send(garbage)
        said = peer.receive()
    assert said is None or said.kind in {wire.ASSOCIATE_RJ, ABORT}


@pytest.mark.parametrize("garbage", THEN.values(), ids=THEN)
def test_pdu_garbage_in_an_association(hub: View, garbage: bytes) -> None:
    check_not_stored(hub, garbage)


@pytest.mark.parametrize("garbage", LENGTHS.values(), ids=LENGTHS)
def test_wrong_lengths_of_pdus_and_pdvs(hub: View, garbage: bytes) -> None:
    check_not_stored(hub, garbage)


def check_not_stored(hub: View, garbage: bytes) -> None:
    """The hub says no, aborts or closes; nothing is kept, and others are served."""
    with hub.unchanged(), wire.established(hub.port) as peer:
        try:
            peer.send(garbage)
        except ConnectionError:  # the hub has left in the middle
            return
        status = peer.status()
    assert status != wire.SUCCESS


def test_half_an_object_then_silence(hub: View) -> None:
    image = ct()
    content = encode(image)
    pieces = list(wire.message(store_command(image.SOPInstanceUID), content, size=64))
    with hub.unchanged(), wire.established(hub.port) as silent:
        silent.send(*pieces[: len(pieces) // 2], pieces[len(pieces) // 2][:30])
        hub.check_well()  # meanwhile others are heard
        assert hub.uids(image.StudyInstanceUID) == []
        silent.reset()
    with wire.established(hub.port) as peer:  # it was nothing; it can come again
        assert peer.store(content, image.SOPInstanceUID) == wire.SUCCESS
    assert hub.uids(image.StudyInstanceUID) == [image.SOPInstanceUID]
