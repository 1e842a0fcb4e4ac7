"""How long `make setup` takes when there is nothing to do: everybody pays it on each command."""

import subprocess
from pathlib import Path

from harness import Result, Target, median_of, report, seconds

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7


def set_up() -> None:
    """One set-up of this repository."""
    subprocess.run(["make", "--silent", "setup"], cwd=ROOT, check=True)


def main() -> None:
    """Prepare once, then measure."""
    set_up()
    value = median_of(RUNS, lambda: seconds(set_up))
    report("setup", [Result(name="set-up again", value=value, unit="s", target=Target(bound=1))])


if __name__ == "__main__":
    main()
