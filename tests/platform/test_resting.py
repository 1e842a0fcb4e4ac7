"""An association of ours never loses an answer to its own reading thread."""

import threading
import time
from collections.abc import Iterator

import pytest
from pynetdicom import AE
from pynetdicom.association import Association

from entry.processes import free_port
from plateau.platform.resting import Checkpoint, rested

VERIFICATION = "1.2.840.10008.1.1"


@pytest.fixture
def association() -> Iterator[Association]:
    """With a provider of the library."""
    provider = AE("ELSEWHERE")
    provider.add_supported_context(VERIFICATION)
    port = free_port()
    provider.start_server(("127.0.0.1", port), block=False)
    client = AE("PLATEAU")
    client.add_requested_context(VERIFICATION)
    association = client.associate("127.0.0.1", port)
    assert association.is_established
    yield rested(association)
    if association.is_established:
        association.release()
    provider.shutdown()


def test_it_rests_while_we_ask_and_goes_on_after(association: Association) -> None:
    for _ in range(50):
        assert association.send_c_echo().Status == 0x0000
    association.release()
    association.join(5)
    assert association.is_released


def test_clearing_returns_once_the_reader_is_held() -> None:
    stop = threading.Event()
    looks = [0]

    def read() -> None:
        while not stop.is_set():
            checkpoint.wait()
            looks[0] += 1

    reader = threading.Thread(target=read)
    checkpoint = Checkpoint(reader)
    reader.start()
    for _ in range(300):
        checkpoint.clear()
        before = looks[0]
        time.sleep(0.001)
        assert looks[0] == before
        checkpoint.set()
        while looks[0] == before:
            time.sleep(0)
    stop.set()
    reader.join()


def test_a_reader_that_has_ended_holds_nobody(association: Association) -> None:
    association.abort()
    association.join(5)
    Checkpoint(association).clear()
