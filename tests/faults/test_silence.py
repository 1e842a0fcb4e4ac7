"""Peers that say half of something, then nothing."""

from contextlib import ExitStack

import pytest

from faults import wire
from faults.outside_view import View
from faults.wire import COMMAND, EXPLICIT, LAST, P_DATA, fragment, pdu, store_command
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]

TIMES = 8
CLOSED_S = 60.0  # the hub waits 30 s
_SAID = store_command("1.2.3")
SILENCES = {
    "half a header": (False, wire.request()[:3]),
    "half a request": (False, wire.request()[:60]),
    "an unknown PDU": (False, pdu(0x42)),
    "half a header in an association": (True, b"\4\0\0"),
    "half an object": (
        True,
        b"".join(list(wire.message(_SAID, encode(ct()), size=64))[:3]),
    ),
}


def test_half_of_something_then_silence(hub: View) -> None:
    """Many peers fall silent at every point; each is let go, and others are heard meanwhile."""
    with hub.unchanged(), ExitStack() as stack:
        peers: list[wire.Peer] = []
        for associated, said in list(SILENCES.values()) * TIMES:
            opened = wire.established if associated else wire.connected
            peers.append(stack.enter_context(opened(hub.port, CLOSED_S)))
            peers[-1].send(said)
        hub.check_well()
        assert all(peer.ends() for peer in peers)


GARBAGE = {
    "a PDU of nothing": pdu(P_DATA, b""),
    "a context that was not agreed": pdu(P_DATA, fragment(201, COMMAND | LAST, _SAID)),
    "a command without a UID": pdu(P_DATA, fragment(EXPLICIT, COMMAND | LAST, store_command("")))
    + pdu(P_DATA, fragment(EXPLICIT, LAST, b"")),
    "a command whose element is too long": pdu(
        P_DATA, fragment(EXPLICIT, COMMAND | LAST, _SAID[:-9] + b"\xf0\xff\xff\xff1.2.3")
    ),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_answered_at_once(hub: View, garbage: bytes) -> None:
    with hub.unchanged(), wire.established(hub.port, 10) as peer:
        peer.send(garbage)
        assert peer.status() != wire.SUCCESS
