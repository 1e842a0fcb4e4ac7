"""The image hub beside Orthanc: storing, retrieving, on the same bytes with the same durability.

`make bench-hub ARGS="--quick"` takes a minute; `ARGS="--only store-ct"` the rows named so. What a
quick run finds is kept apart, in `hub-quick.json`: its sizes are others.
"""

import argparse
from dataclasses import replace

from harness import Result, report
from hubs import orthanc, retrievals, searches, stores
from hubs.rows import QUICK, Scale, Work, chosen, play

_LONG = 100_000


def main() -> None:
    """Measure, and write after each work: what is known is kept if a later one fails."""
    asked = arguments()
    scale = QUICK if asked.quick else Scale()
    scale = replace(scale, runs=asked.runs or scale.runs)
    if asked.long:
        scale = replace(scale, remembered=_LONG)
    tuned, default = orthanc.kinds()
    print(f"  {orthanc.version()}; medians of {scale.runs}; {scale}", flush=True)
    every = [*stores.works(tuned, default), *retrievals.works(tuned), *searches.works(tuned)]
    works = chosen(every, asked.only)
    if not works:
        raise SystemExit(f"rows: {', '.join(row.name for work in every for row in work.rows)}")
    name = "hub-quick" if asked.quick else "hub"
    found = [result for work in works for result in measured(work, scale, name)]
    if len(works) > 1:
        report(name, found, keep=True)


def measured(work: Work, scale: Scale, name: str) -> list[Result]:
    """The results of one work, which are also in the file."""
    found = play(work, scale)
    report(name, found, keep=True)
    return found


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one run")
    parser.add_argument("--long", action="store_true", help=f"memory after {_LONG} instances")
    parser.add_argument("--runs", type=int, help="how often each work is done")
    parser.add_argument("--only", action="append", default=[], help="rows whose name holds this")
    return parser.parse_args()


if __name__ == "__main__":
    main()
