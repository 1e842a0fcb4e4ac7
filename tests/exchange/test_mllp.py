"""MLLP framing, whatever the pieces in which bytes arrive."""

from hypothesis import given
from hypothesis import strategies as st

from plateau.exchange import mllp

contents = st.lists(st.text().map(lambda t: t.replace("\x0b", "").replace("\x1c", "").encode()))


@given(contents, st.lists(st.integers(1, 7)), st.binary(max_size=5))
def test_frames_are_found_in_any_pieces(sent: list[bytes], cuts: list[int], noise: bytes) -> None:
    junk = noise.replace(mllp.START, b"")
    stream = b"".join(junk + mllp.frame(content) for content in sent) + junk
    sizes = iter(cuts)
    found: list[bytes] = []
    buffer = b""

    while stream:
        size = next(sizes, len(stream))
        piece, stream = stream[:size], stream[size:]
        complete, buffer = mllp.split(buffer + piece)
        found += complete

    assert found == sent
    assert buffer == b""


@given(st.binary())
def test_nothing_but_complete_frames_comes_out(stream: bytes) -> None:
    complete, rest = mllp.split(stream)

    assert all(mllp.frame(content) in stream for content in complete)
    assert stream.endswith(rest)
