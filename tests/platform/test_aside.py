"""Work in processes of its own: what crashes, hangs or prints there is nobody else's trouble."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plateau.kernel.errors import UnavailableError
from plateau.platform.aside import Aside, FailedError

WORK = """
import os, time
from plateau.platform import aside

def answer(question):
    print("not an answer", flush=True)
    os.write(1, b"nor this")
    match question:
        case b"crash":
            os.abort()
        case b"refuse":
            raise LookupError
        case b"sleep":
            time.sleep(60)
        case b"grow":
            return bytes(8 << 30)
        case b"pid":
            return str(os.getpid()).encode()
    return question[::-1]

aside.serve(answer, refuses=(LookupError,), memory_bytes=2 << 30)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_work.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "some_work"


@pytest.fixture
def aside(module: str) -> Iterator[Aside]:
    made = Aside(module, most=1, patience_s=20)
    yield made
    made.close()


def test_one_process_answers_question_after_question(aside: Aside) -> None:
    assert aside.ask(b"pid") == aside.ask(b"pid")
    assert aside.ask(b"abc" * 1_000_000) == b"cba" * 1_000_000
    assert aside.ask(b"") == b""


@pytest.mark.parametrize("what", [b"refuse", b"crash", b"grow"])
def test_what_fails_fails_alone(aside: Aside, what: bytes) -> None:
    with pytest.raises(FailedError):
        aside.ask(what)
    assert aside.ask(b"abc") == b"cba"


def test_what_hangs_is_ended(module: str) -> None:
    aside = Aside(module, most=1, patience_s=1.5)
    with pytest.raises(FailedError):
        aside.ask(b"sleep")
    aside.close()


def test_who_finds_every_process_busy_is_told_to_come_again(module: str) -> None:
    with pytest.raises(UnavailableError):
        Aside(module, most=0, patience_s=0.01).ask(b"abc")


def test_no_process_is_left(aside: Aside) -> None:
    pid = aside.ask(b"pid").decode()
    aside.close()
    assert not Path("/proc", pid).exists()
