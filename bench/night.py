"""A whole night at full speed, checked from outside: how long each step of the chain takes."""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import Result, Target, report

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {"counted": Target(bound=1)}  # p50 of sign to count: the page shows it within a second


def night(folder: Path) -> dict[str, Any]:
    """Play it once; the verdict. A night that lost or doubled anything stops the benchmark."""
    out = folder / "verdict.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "plateau.entry.cli", "demo", "--once"),
            *("--exams", "60", "--data-dir", str(folder / "data"), "--json", str(out)),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    verdict: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return verdict


def main() -> None:
    """One night is some minutes long, so it is played once; its percentiles are over 60 exams."""
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        verdict = night(Path(folder))
        whole_s = time.perf_counter() - started
    results = [
        Result(
            name=f"{step}, {figure[:3]} of 60 exams",
            value=value,
            unit="s",
            target=TARGETS.get(step) if figure == "p50_s" else None,
        )
        for step, figures in verdict["steps"].items()
        for figure, value in figures.items()
    ]
    report("night", [Result(name="the whole night", value=whole_s, unit="s"), *results])


if __name__ == "__main__":
    main()
