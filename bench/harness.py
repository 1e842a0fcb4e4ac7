"""What benchmarks share: medians of several runs, a table to read, a JSON file to keep."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The bound a result has to keep, on its value or on its ratio to the peer's."""

    bound: float
    of: Literal["value", "ratio"] = "value"
    better: Literal["lower", "higher"] = "lower"

    def __str__(self) -> str:
        sign = "<=" if self.better == "lower" else ">="
        return f"{self.of} {sign} {self.bound:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One measured figure, beside that of a peer doing the same work on the same machine.

    Without a value it could not be measured, and `note` says why.
    """

    name: str
    value: float | None
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over the peer's; none without either."""
        if self.value is None or not self.peer_value:
            return None
        return self.value / self.peer_value

    @property
    def met(self) -> bool | None:
        """Whether the target is kept; none without a target or what it bears on."""
        if self.target is None:
            return None
        figure = self.value if self.target.of == "value" else self.ratio
        if figure is None:
            return None
        if self.target.better == "lower":
            return figure <= self.target.bound
        return figure >= self.target.bound

    @property
    def verdict(self) -> str:
        """Whether the target is kept, in a word that nobody takes for another."""
        if self.met is not None:
            return "yes" if self.met else "NO"
        return "NOT MEASURED" if self.target or self.value is None else "-"


def median_of(runs: int, measure: Callable[[], float]) -> float:
    """The median of several runs: one slow run does not decide."""
    return statistics.median(measure() for _ in range(runs))


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes. Units: seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def machine() -> dict[str, object]:
    """The machine the figures were taken on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as the kernel tells it; its architecture elsewhere."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def report(
    name: str, results: Sequence[Result], *, folder: Path = RESULTS, keep: bool = False
) -> Path:
    """Print the results as a table and keep them in `NAME.json`.

    With `keep`, those of the file that were not measured again stay in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    kept = [as_json(result) for result in results]
    if keep and path.exists():
        again = {(one["name"], one["peer"]) for one in kept}
        before = json.loads(path.read_text("utf-8"))["results"]
        kept = [one for one in before if (one["name"], one["peer"]) not in again] + kept
    content = {"machine": machine(), "results": kept}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(table(name, results))
    return path


def as_json(result: Result) -> dict[str, object]:
    """A result as the file holds it."""
    noted = {"note": result.note} if result.note else {}
    return {
        "name": result.name,
        "value": result.value,
        "unit": result.unit,
        "peer": result.peer,
        "peer_value": result.peer_value,
        "ratio": result.ratio,
        "target": str(result.target) if result.target else None,
        "met": result.met,
        **noted,
    }


def table(name: str, results: Sequence[Result]) -> str:
    """The results for the terminal, in columns as wide as they need to be."""
    rows = [(name, "value", "unit", "peer", "peer value", "ratio", "target", "met")]
    rows += [
        (
            result.name,
            figure(result.value),
            result.unit,
            result.peer or "-",
            figure(result.peer_value),
            figure(result.ratio),
            str(result.target or "-"),
            f"{result.verdict} ({result.note})" if result.note else result.verdict,
        )
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def figure(value: float | None) -> str:
    """A figure with three significant digits."""
    return "-" if value is None else f"{value:.3g}"
