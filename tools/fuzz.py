"""`make fuzz`: bytes of every kind against what reads DICOM; what breaks it is kept.

Whatever is read gives a header or InvalidInputError: never another exception, never more than a
second, never more than 200 MB. A finding is written to tests/faults/corpus, which a normal test
replays. ARGS: how many seconds, and a seed.
"""

import hashlib
import random
import resource
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pydicom.data
from pydicom.uid import DeflatedExplicitVRLittleEndian

from files import ROOT
from plateau.images.formats import header, part10
from plateau.kernel.errors import InvalidInputError

CORPUS = ROOT / "tests" / "faults" / "corpus"
LONGEST_S = 1.0
MOST_MB = 200
SECONDS = 60
_SMALL = 40_000  # bytes: a larger seed says nothing more
_TOKENS = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\xfe\xff\x00\xe0",
    b"\xfe\xff\x0d\xe0",
    b"\xfe\xff\xdd\xe0",
    b"\xe0\x7f\x10\0",
    b"\x08\0\x05\0CS",
    b"\x10\0\x10\0PN",
    *(b"SQ OB OW UN UI DS IS FD AT UL US SS SL PN TM DA UT ".replace(b" ", b"\0\0 ").split(b" ")),
)
Mutation = Callable[[random.Random, bytearray], None]


def flip(dice: random.Random, content: bytearray) -> None:
    """Another byte somewhere."""
    content[dice.randrange(len(content))] = dice.randrange(256)


def put_token(dice: random.Random, content: bytearray) -> None:
    """Something that means something, somewhere."""
    token = dice.choice(_TOKENS)
    at = dice.randrange(len(content))
    content[at : at + (len(token) if dice.random() < 0.7 else 0)] = token


def cut(dice: random.Random, content: bytearray) -> None:
    """Less."""
    at = dice.randrange(len(content))
    del content[at : at + dice.choice((1, 2, 4, 8, 64, len(content)))]


def repeat(dice: random.Random, content: bytearray) -> None:
    """Some of it several times."""
    at = dice.randrange(len(content))
    piece = content[at : at + dice.choice((4, 8, 16, 64))]
    content[at:at] = piece * dice.choice((1, 2, 40, 500))


def change_length(dice: random.Random, content: bytearray) -> None:
    """Another number where a length may be."""
    at = dice.randrange(len(content))
    content[at : at + 2] = dice.choice((0, 1, 2, 0xFFFE, 0xFFFF)).to_bytes(2, "little")


MUTATIONS: Sequence[Mutation] = (flip, put_token, cut, repeat, change_length)


def seeds() -> list[bytes]:
    """Small files of pydicom's, and what was found before."""
    folder = Path(pydicom.data.__file__).parent
    files = [*sorted(folder.rglob("*.dcm")), *sorted(CORPUS.glob("*.bin"))]
    return [content for path in files if 0 < len(content := path.read_bytes()) < _SMALL]


def mutated(dice: random.Random, seed: bytes) -> bytes:
    """A seed with some things changed, most often where the elements are."""
    content = bytearray(seed)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        if content:
            dice.choice(MUTATIONS)(dice, content)
    return deflated(bytes(content)) if dice.random() < 0.05 else bytes(content)


def deflated(content: bytes) -> bytes:
    """A file whose data set is the one of `content`, deflated."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return part10.wrap(
        deflater.compress(content[132:]) + deflater.flush(),
        sop_class_uid="1.2",
        sop_instance_uid="1.3",
        transfer_syntax_uid=DeflatedExplicitVRLittleEndian,
    )


def trouble(content: bytes) -> str | None:
    """What reading these bytes does that it must not; None when all is well."""
    started, before_mb = time.perf_counter(), _peak_mb()
    try:
        header.read(content)
    except InvalidInputError:
        pass
    except Exception as error:  # noqa: BLE001 - whatever comes is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}: {error}"
    took_s, more_mb = time.perf_counter() - started, _peak_mb() - before_mb
    if took_s > LONGEST_S:
        return f"took time: {took_s:.1f} s"
    return f"took memory: {more_mb:.0f} MB" if more_mb > MOST_MB else None


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shortened(content: bytes, is_bad: Callable[[bytes], object]) -> bytes:
    """The same trouble in fewer bytes, as far as leaving pieces out goes."""
    size = len(content) // 2
    while size:
        at = 0
        while at < len(content):
            less = content[:at] + content[at + size :]
            if is_bad(less):
                content = less
            else:
                at += size
        size //= 2
    return content


def same_trouble(kind: str, content: bytes) -> bool:
    """Whether these bytes do wrong in that same way."""
    return kind_of(trouble(content)) == kind


def kind_of(said: str | None) -> str:
    """What is the same for all that fail in one way."""
    return (said or "").split(": ")[0]


def fuzz(seconds: float, seed: int) -> int:
    """Try for a while, keep what breaks; how many kinds of trouble were found."""
    dice, known = random.Random(seed), seeds()  # noqa: S311 - it must be the same again
    found: set[str] = set()
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        tried += 1
        content = mutated(dice, dice.choice(known))
        said = trouble(content)
        kind = kind_of(said)
        if said is None or kind in found:
            continue
        found.add(kind)
        if not kind.startswith("took"):
            content = shortened(content, partial(same_trouble, kind))
        path = CORPUS / f"{hashlib.sha256(content).hexdigest()[:16]}.bin"
        path.write_bytes(content)
        print(f"  {said[:200]} ({path.relative_to(ROOT)})", flush=True)
    print(f"  {tried} inputs, {len(found)} troubles, seed {seed}")
    return len(found)


def main(arguments: Sequence[str]) -> int:
    """Fuzz; fail when something was found."""
    seconds = float(arguments[0]) if arguments else SECONDS
    seed = int(arguments[1]) if len(arguments) > 1 else time.time_ns() % 1_000_000
    return 1 if fuzz(seconds, seed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
