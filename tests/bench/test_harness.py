import json
from pathlib import Path

import pytest

from harness import Result, Target, median_of, report


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
