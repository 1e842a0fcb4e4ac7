import json
from pathlib import Path

import pytest

from harness import Result, Target, median_of, report, table


def result(*, value: float, target: Target | None = None) -> Result:
    return Result(name="store", value=value, unit="s", peer="other", peer_value=2, target=target)


def test_a_ratio_compares_with_the_peer() -> None:
    assert result(value=1).ratio == 0.5
    assert Result(name="store", value=1, unit="s").ratio is None


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target(bound=1), True),
        (Target(bound=0.9), False),
        (Target(bound=0.5, of="ratio"), True),
        (Target(bound=0.6, of="ratio", better="higher"), False),
        (None, None),
    ],
)
def test_a_target_bears_on_the_value_or_the_ratio(target: Target | None, met: bool | None) -> None:
    assert result(value=1, target=target).met is met


def test_a_target_on_a_ratio_is_not_met_without_a_peer() -> None:
    alone = Result(name="store", value=1, unit="s", target=Target(bound=1, of="ratio"))
    assert alone.met is None


def test_what_could_not_be_measured_says_so_and_meets_nothing() -> None:
    higher = Target(bound=0, of="ratio", better="higher")
    absent = Result(name="stow", value=None, unit="s", target=Target(bound=1), note="no endpoint")
    alone = Result(name="stow", value=9, unit="s", peer="other", target=higher)
    assert [absent.met, absent.verdict] == [None, "NOT MEASURED"]
    assert [alone.met, alone.verdict] == [None, "NOT MEASURED"]
    assert "NOT MEASURED (no endpoint)" in table("stow", [absent])


@pytest.mark.parametrize(("bound", "verdict"), [(1, "yes"), (0.5, "NO"), (None, "-")])
def test_a_verdict_is_a_word(bound: float | None, verdict: str) -> None:
    target = Target(bound=bound) if bound else None
    assert result(value=1, target=target).verdict == verdict


def test_one_slow_run_does_not_decide() -> None:
    times = iter([1.0, 9.0, 2.0])
    assert median_of(3, lambda: next(times)) == 2.0


def test_the_file_holds_the_machine_and_every_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = report("store", [result(value=1, target=Target(bound=1))], folder=tmp_path)
    content = json.loads(path.read_text("utf-8"))
    assert path.name == "store.json"
    assert content["machine"]["cores"] >= 1
    assert content["results"] == [
        {
            "name": "store",
            "value": 1,
            "unit": "s",
            "peer": "other",
            "peer_value": 2,
            "ratio": 0.5,
            "target": "value <= 1",
            "met": True,
        }
    ]
    assert "value <= 1" in capsys.readouterr().out


def test_what_was_not_measured_again_stays(tmp_path: Path) -> None:
    for name, value in (("store", 1.0), ("find", 2.0), ("store", 3.0)):
        report("hub", [Result(name=name, value=value, unit="s")], folder=tmp_path, keep=True)
    content = json.loads((tmp_path / "hub.json").read_text("utf-8"))
    assert [(one["name"], one["value"]) for one in content["results"]] == [
        ("find", 2.0),
        ("store", 3.0),
    ]
