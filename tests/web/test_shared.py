"""What many people see alike is made once for each change, whoever asks at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from plateau.web.shared import Shared


def test_it_is_made_once_for_everybody_until_it_changes() -> None:
    shared, made, gate = Shared(), list[int](), threading.Event()

    def make() -> int:
        gate.wait(5)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(8) as people:
        asked = [people.submit(shared.get, "list", 1, make) for _ in range(8)]
        gate.set()
        assert {one.result() for one in asked} == {1}
    assert shared.get("list", 2, make) == 2, "something changed"
    assert shared.get("another list", 2, make) == 3


def test_what_failed_is_made_again() -> None:
    shared = Shared()

    def fail() -> int:
        raise ValueError("not now")

    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            shared.get("list", 1, fail)
    assert shared.get("list", 1, lambda: 7) == 7


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    shared, made = Shared(), list[int]()
    for key in [*range(300), 0, 299]:
        shared.get(key, 1, lambda key=key: made.append(key))
    assert made == [*range(300), 0]
