"""Peers that say half of something, then nothing."""

from contextlib import ExitStack

import pytest

from faults import wire
from faults.outside_view import View
from faults.wire import COMMAND, EXPLICIT, LAST, P_DATA, fragment, pdu, store_command
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]

FULL = 110  # more than the hub lets in at once
CLOSED_S = 45.0
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


@pytest.mark.parametrize(("associated", "said"), SILENCES.values(), ids=SILENCES)
def test_half_a_header_then_silence(hub: View, associated: bool, said: bytes) -> None:
    opened = wire.established if associated else wire.connected
    with hub.unchanged(), opened(hub.port, CLOSED_S) as peer:
        peer.send(said)
        assert peer.ends()


def test_many_silent_peers_do_not_keep_others_out(hub: View) -> None:
    with ExitStack() as stack:
        peers = [stack.enter_context(wire.connected(hub.port, CLOSED_S)) for _ in range(FULL)]
        for peer in peers:
            peer.send(wire.request()[:3])
        assert all(peer.ends() for peer in peers)
        hub.check_well()


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
