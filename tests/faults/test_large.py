"""Objects too large to be kept: refused, and nobody's memory is filled with them."""

import struct
import zlib
from contextlib import suppress

import pytest
from pydicom.uid import generate_uid

from faults import wire
from faults.outside_view import LARGEST_MB, View
from faults.wire import EXPLICIT, LAST, P_DATA, Peer, fragment, pdu, store_command
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]

MB = 1 << 20
GB = 1 << 30
TOO_LARGE = 0xA700
MORE_MB = 100.0  # of memory than before, at most
PIECE = (1 << 17) - 6
_PIXELS = struct.pack("<HH2sH", 0x7FE0, 0x0010, b"OW", 0)


def start_of(said: int) -> bytes:
    """The data set of an image up to its pixels, of which there will be `said` bytes."""
    content = encode(ct())
    return content[: content.rindex(_PIXELS)] + _PIXELS + struct.pack("<I", said)


def stream(peer: Peer, total: int, piece: bytes) -> None:
    """Send a PDU again and again, until `total` bytes have left."""
    for _ in range(total // len(piece)):
        peer.line.sendall(piece)


def begin(peer: Peer, said: int) -> None:
    """Ask to store an image, and send what comes before its pixels."""
    first, *_ = wire.message(store_command(generate_uid()), b"")
    peer.send(first, pdu(P_DATA, fragment(EXPLICIT, 0, start_of(said))))


def test_a_4_gb_object(hub: View) -> None:
    with hub.unchanged():
        before_mb = hub.forget_peak()
        with wire.established(hub.port, 60) as peer:
            begin(peer, 4 * GB - 2)
            with suppress(ConnectionError):  # it need not be heard to its end
                stream(peer, 4 * GB, pdu(P_DATA, fragment(EXPLICIT, 0, bytes(PIECE))))
                peer.send(pdu(P_DATA, fragment(EXPLICIT, LAST, b"")))
            assert peer.status() in {TOO_LARGE, None}
        assert hub.peak_mb() < before_mb + MORE_MB


def test_an_object_that_only_announces_4_gb(hub: View) -> None:
    with hub.unchanged():
        before_mb = hub.forget_peak()
        with wire.established(hub.port) as peer:
            assert peer.store(start_of(4 * GB - 2) + bytes(5000), generate_uid()) == 0xC000
        assert hub.peak_mb() < before_mb + MORE_MB


def test_the_largest_object_and_one_that_is_larger(hub: View) -> None:
    images = ct(), ct()
    for image, more, answer in zip(images, (-1, 1), (wire.SUCCESS, TOO_LARGE), strict=True):
        image.Rows = image.Columns = 0
        image.PixelData = b""
        image.PixelData = bytes((LARGEST_MB + more) * MB)
        with wire.established(hub.port, 60) as peer:
            assert peer.store(encode(image), image.SOPInstanceUID) == answer
            assert peer.echo() == wire.SUCCESS  # the association goes on
    assert hub.uids(images[0].StudyInstanceUID) == [images[0].SOPInstanceUID]
    assert hub.uids(images[1].StudyInstanceUID) == []


def bomb(size: int) -> bytes:
    """A deflated data set that expands to `size` bytes and a little: a block of zeros, repeated.

    Nothing refers over a full flush, so that what was made once can stand anywhere.
    """
    maker = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    head = maker.compress(start_of(size)) + maker.flush(zlib.Z_FULL_FLUSH)
    block = maker.compress(bytes(MB)) + maker.flush(zlib.Z_FULL_FLUSH)
    return head + block * (size // MB) + maker.flush()


def test_the_bomb_is_one() -> None:
    assert len(bomb(64 * MB)) < 100_000
    assert len(zlib.decompress(bomb(64 * MB), -zlib.MAX_WBITS)) == len(start_of(0)) + 64 * MB
