"""What once broke the reading of DICOM, and the fuzzer that found it."""

import random
from pathlib import Path

import pytest

import fuzz

FOUND = sorted(fuzz.CORPUS.glob("*.bin"))

pytestmark = pytest.mark.filterwarnings("ignore")  # how pydicom says what it makes of it


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_was_found_before_is_refused_or_read(path: Path) -> None:
    assert fuzz.trouble(path.read_bytes()) is None


def test_whatever_reads_badly_is_noticed_and_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(content: bytes) -> None:
        if b"bad" in content:
            raise KeyError("bad")

    monkeypatch.setattr(fuzz.header, "read", fragile)
    said = fuzz.trouble(b"so bad indeed")
    assert said
    assert said.startswith("KeyError at test_corpus.py:")
    kind = fuzz.kind_of(said)
    assert fuzz.shortened(b"so bad indeed", lambda less: fuzz.same_trouble(kind, less)) == b"bad"


def test_the_same_seed_gives_the_same_bytes() -> None:
    known = fuzz.seeds()
    assert len(known) > 50
    one, other = ([fuzz.mutated(random.Random(3), seed) for seed in known] for _ in range(2))
    assert one == other
    assert one != known
