"""Rows of the table, works that fill them, and running works in turn on every server."""

import shutil
import statistics
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from harness import Result, Target
from hubs.peers import Kind, NotMeasuredError

Place = Literal["memory", "disk"]
_PLACES: Mapping[Place, Path] = {
    "memory": Path("/dev/shm"),  # noqa: S108 - it is the only file system in memory
    "disk": Path(__file__).resolve().parents[2] / "build" / "bench",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is sent and asked."""

    runs: int = 3
    images: int = 400
    tiny: int = 2_000
    slices: int = 200
    long_series: int = 1_000
    frames: int = 1_600
    remembered: int = 5_000
    studies: int = 10_000


QUICK = Scale(
    runs=1,
    images=80,
    tiny=400,
    slices=40,
    long_series=200,
    frames=200,
    remembered=500,
    studies=1_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; `against` holds each server it is compared with."""

    name: str
    title: str
    unit: str
    against: Mapping[str, Target] = field(default_factory=dict[str, Target])
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no figure."""

    why: str


Figure = float | Missing
Measure = Callable[[Kind, Path, Scale], Mapping[str, Figure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What fills some rows: done by each of these servers in turn, each time on a new folder."""

    rows: Sequence[Row]
    place: Place
    kinds: Sequence[Kind]
    measure: Measure


def chosen(works: Iterable[Work], only: Sequence[str]) -> list[Work]:
    """The works that fill a row with such a name; all without names."""
    if not only:
        return list(works)
    return [
        replace(work, rows=rows)
        for work in works
        if (rows := [row for row in work.rows if any(name in row.name for name in only)])
    ]


def play(work: Work, scale: Scale) -> list[Result]:
    """The medians of some runs, in which the servers take turns."""
    figures: dict[tuple[str, str], list[Figure]] = {}
    for run in range(scale.runs):
        for kind in work.kinds:
            print(f"  {work.rows[0].name} ...: {kind.name}, run {run + 1}", flush=True)
            found = _measured(work, kind, scale)
            for row in work.rows:
                figure = found.get(row.name)
                if figure is not None:
                    figures.setdefault((row.name, kind.name), []).append(figure)
    middle = {key: median(of) for key, of in figures.items()}
    return [one for row in work.rows for one in results(row, work.kinds[0].name, middle)]


def median(figures: Sequence[Figure]) -> Figure:
    """The median, or why there is none: one run without a figure is not hidden by the others."""
    missing = [one for one in figures if isinstance(one, Missing)]
    if missing:
        return missing[0]
    return statistics.median(one for one in figures if not isinstance(one, Missing))


def results(row: Row, ours: str, figures: Mapping[tuple[str, str], Figure]) -> list[Result]:
    """A row's own figure, then one comparison for each of its servers."""
    mine = figures.get((row.name, ours), Missing("not done"))
    found: list[Result] = []
    if row.target or not row.against:
        found.append(_result(row, mine, target=row.target))
    for name, target in row.against.items():
        theirs = figures.get((row.name, name), Missing("not done"))
        found.append(_result(row, mine, target=target, peer=name, theirs=theirs))
    return found


def _result(
    row: Row,
    mine: Figure,
    *,
    target: Target | None,
    peer: str | None = None,
    theirs: Figure | None = None,
) -> Result:
    notes = [one.why for one in (mine, theirs) if isinstance(one, Missing)]
    return Result(
        name=row.title,
        value=None if isinstance(mine, Missing) else mine,
        unit=row.unit,
        peer=peer,
        peer_value=None if isinstance(theirs, Missing) else theirs,
        target=target,
        note="; ".join(notes),
    )


def _measured(work: Work, kind: Kind, scale: Scale) -> Mapping[str, Figure]:
    """The figures of one server; when it fails, why, in each row."""
    with folder(work.place) as place:
        try:
            return work.measure(kind, place, scale)
        except (NotMeasuredError, OSError) as error:
            if kind.start is not None:
                traceback.print_exc()
            return {row.name: Missing(f"{kind.name}: {error}") for row in work.rows}


@contextmanager
def folder(place: Place) -> Generator[Path]:
    """An empty folder in memory or on the disk, removed at the end of the block."""
    _PLACES[place].mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix="hub-", dir=_PLACES[place]))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def attempt(names: Sequence[str], measure: Callable[[], Sequence[float]]) -> Mapping[str, Figure]:
    """Figures of these rows, or why there are none: a work's other figures can still be had."""
    try:
        return dict(zip(names, measure(), strict=True))
    except (NotMeasuredError, OSError) as error:
        return dict.fromkeys(names, Missing(str(error)))
