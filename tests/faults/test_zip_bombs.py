"""A few bytes that expand to gigabytes: refused, in bounded memory and time."""

import time

import pytest
from pydicom.uid import generate_uid

from faults import wire
from faults.outside_view import LARGEST_MB, View
from faults.test_large import GB, MB, TOO_LARGE, bomb
from faults.wire import DEFLATED

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]

INFLATED_MB = 100.0  # of memory, whatever it would expand to


@pytest.mark.parametrize("size", [3 * GB, 256 * MB, (LARGEST_MB + 1) * MB])
def test_zip_bombs(hub: View, size: int) -> None:
    content, started = bomb(size), time.monotonic()
    assert len(content) < LARGEST_MB * MB
    with hub.unchanged():
        before_mb = hub.forget_peak()
        with wire.established(hub.port, 60) as peer:
            assert peer.store(content, generate_uid(), DEFLATED) in {TOO_LARGE, 0xC000}
        assert hub.peak_mb() < before_mb + INFLATED_MB
        assert time.monotonic() - started < 10
