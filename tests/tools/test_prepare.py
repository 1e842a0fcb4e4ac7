from collections.abc import Sequence
from pathlib import Path

import pytest

import prepare
from prepare import SetupError, Step


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository."""
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "STAMPS", tmp_path / ".stamps")
    (tmp_path / ".stamps").mkdir()
    (tmp_path / "input").write_text("one", "ascii")
    return tmp_path


def steps(root: Path) -> Sequence[Step]:
    """Two steps, the second built on the first."""
    first, second = root / "first", root / "second"
    return (
        Step(name="a", says="a", run=lambda _: first.touch(), inputs=["input"], outputs=[first]),
        Step(name="b", says="b", run=lambda _: second.touch(), outputs=[second], needs=["a"]),
    )


def test_a_second_run_does_nothing(root: Path) -> None:
    assert prepare.prepare(steps(root)) == 2
    assert prepare.prepare(steps(root)) == 0


def test_another_input_does_the_step_and_what_is_built_on_it_again(root: Path) -> None:
    prepare.prepare(steps(root))
    (root / "input").write_text("two", "ascii")
    assert prepare.prepare(steps(root)) == 2


def test_a_touched_input_with_the_same_content_changes_nothing(root: Path) -> None:
    prepare.prepare(steps(root))
    (root / "input").touch()
    assert prepare.prepare(steps(root)) == 0


def test_a_result_that_was_removed_is_made_again(root: Path) -> None:
    prepare.prepare(steps(root))
    (root / "second").unlink()
    assert prepare.prepare(steps(root)) == 1


def test_what_follows_an_interrupted_step_is_done_later(root: Path) -> None:
    def interrupted(_: Path) -> None:
        raise SetupError

    prepare.prepare(steps(root))
    (root / "input").write_text("two", "ascii")
    first, second = steps(root)
    broken = Step(name="a", says="a", run=interrupted, inputs=["input"])
    with pytest.raises(SetupError):
        prepare.prepare([broken, second])
    assert prepare.prepare([first, second]) == 2


def test_a_failed_command_shows_its_last_lines(root: Path) -> None:
    with pytest.raises(SetupError, match=r"failed: sh(.|\n)*no such package"):
        prepare.call(root / "log", "sh", "-c", "echo no such package >&2; exit 3")
