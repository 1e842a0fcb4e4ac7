"""Too many machines at once: some are told to come again, and the others notice nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from faults import wire
from faults.outside_view import View
from faults.wire import ASSOCIATE_AC, ASSOCIATE_RJ, Pdu, Peer
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

FIRST, ALL = 20, 500
TRANSIENT = 2
BY_PRESENTATION, LIMIT = 3, 2  # PS3.8, table 9-21
PATIENCE_S = 60.0


def test_500_associations_at_once(hub: View) -> None:
    with hub.unchanged(), ExitStack() as stack, ThreadPoolExecutor(50) as threads:

        def knock(_: int) -> Peer:
            return stack.enter_context(wire.connected(hub.port, PATIENCE_S))

        def hear(peer: Peer) -> Pdu | None:
            peer.send(wire.request())
            return peer.receive()

        first = [stack.enter_context(wire.established(hub.port, PATIENCE_S)) for _ in range(FIRST)]
        others = list(threads.map(knock, range(ALL - FIRST)))
        answers = list(threads.map(hear, others))
        said = [answer for answer in answers if answer is not None]
        assert len(said) == len(others)  # nobody is left without an answer
        assert {answer.kind for answer in said} == {ASSOCIATE_AC, ASSOCIATE_RJ}
        rejected = {answer.body[1:] for answer in said if answer.kind == ASSOCIATE_RJ}
        assert rejected == {bytes((TRANSIENT, BY_PRESENTATION, LIMIT))}
        assert all(peer.echo() == wire.SUCCESS for peer in first)


def test_those_who_were_first_go_on_storing(hub: View) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(wire.established(hub.port, PATIENCE_S))
        others = [stack.enter_context(wire.connected(hub.port, PATIENCE_S)) for _ in range(200)]
        for peer in others:
            peer.send(wire.request())
        image = ct()
        assert first.store(encode(image), image.SOPInstanceUID) == wire.SUCCESS
        assert {said.kind for peer in others if (said := peer.receive())} <= {
            ASSOCIATE_AC,
            ASSOCIATE_RJ,
        }
    assert hub.uids(image.StudyInstanceUID) == [image.SOPInstanceUID]
    hub.check_well()
