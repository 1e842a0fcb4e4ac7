"""How figures become rows: medians, comparisons, and what is missing."""

import re
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest

from harness import Target
from hubs import orthanc, retrievals, searches, stores
from hubs.peers import Kind, NotMeasuredError, Peer, free_port, process, wait_for
from hubs.rows import QUICK, Figure, Missing, Row, Scale, Work, attempt, chosen, median, play

HERE = Peer(dicom_port=0, web_port=0, processes={})
OURS = Kind(name="ours", start=lambda _: nullcontext(HERE))
ABSENT = Kind(name="absent", start=None, missing="absent is missing: apt-get install it")
HIGHER = Target(bound=2, of="ratio", better="higher")


def a_work(*kinds: Kind, figures: Mapping[str, list[float]]) -> Work:
    """A work whose figures are given, those of each server in turn."""
    left = {name: list(values) for name, values in figures.items()}

    def measure(kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
        assert not any(folder.iterdir())
        with kind.running(folder):
            return {"store": left[kind.name].pop(0)}

    row = Row(
        name="store", title="Store", unit="s", against={kind.name: HIGHER for kind in kinds[1:]}
    )
    return Work(rows=[row], place="memory", kinds=kinds, measure=measure)


def test_servers_take_turns_and_medians_are_compared() -> None:
    other = Kind(name="other", start=lambda _: nullcontext(HERE))
    work = a_work(OURS, other, figures={"ours": [9, 2, 8], "other": [4, 4, 1]})
    (result,) = play(work, Scale())
    assert (result.name, result.value, result.peer_value) == ("Store", 8, 4)
    assert result.met


def test_a_missing_peer_is_said_and_passes_nothing() -> None:
    (result,) = play(a_work(OURS, ABSENT, figures={"ours": [9]}), QUICK)
    assert (result.value, result.peer, result.peer_value) == (9, "absent", None)
    assert result.verdict == "NOT MEASURED"
    assert "apt-get install" in result.note


def test_one_run_without_a_figure_is_not_hidden_by_the_others() -> None:
    assert median([1.0, 3.0, 2.0]) == 2.0
    assert median([1.0, Missing("refused"), 2.0]) == Missing("refused")


def test_a_figure_that_cannot_be_had_leaves_the_others() -> None:
    def fails() -> list[float]:
        raise NotMeasuredError("no such endpoint yet")

    assert attempt(["a", "b"], lambda: [1, 2]) == {"a": 1, "b": 2}
    assert attempt(["c"], fails) == {"c": Missing("no such endpoint yet")}


def test_rows_are_chosen_by_a_part_of_their_name() -> None:
    works = [*stores.works(OURS, ABSENT), *retrievals.works(OURS), *searches.works(OURS)]
    names = [row.name for work in works for row in work.rows]
    assert len(names) == len(set(names))
    assert chosen(works, []) == works
    rows = [row.name for work in chosen(works, ["tiny-disk", "first-image"]) for row in work.rows]
    assert rows == ["store-tiny-disk-4", "first-image"]


def test_a_server_that_ends_says_why_at_once(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    command = [sys.executable, "-c", "raise SystemExit('this port is taken')"]
    said = "server does not start: this port is taken"
    with process(command, log=log) as running, pytest.raises(NotMeasuredError, match=said):
        wait_for([free_port()], running, log)


@pytest.mark.parametrize(("name", "value"), [("Port", 5), ("Sync", True), ("Where", "/a b")])
def test_a_configuration_with_comments_takes_other_values(name: str, value: object) -> None:
    text = '{\n  // "Port" : 1,\n  "Port" : 4242,\n  "Where" : "/var",\n  "Last" : false\n}\n'
    said = orthanc.configured(text, {name: value})
    active = re.sub(r"//.*", "", said)
    assert len(re.findall(rf'"{name}"', active)) == 1
    assert re.search(rf'"{name}" : ("/a b"|5|true)', active)
    assert '"Last" : false' in said
