"""Timefold on a public instance, in a process of its own: it needs Java and its own wheel."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from plateau.planning.solver import shifts
from plateau.planning.solver.shifts import Instance

_SCRIPT = Path(__file__).with_name("timefold_process.py")
_SLACK_S = 90  # to start Java and to translate the constraints


def best(instance: Instance, limit: float) -> tuple[float | None, str]:
    """The cost that it reaches, or why it was not measured."""
    python = os.environ.get("TIMEFOLD") or sys.executable
    if python == sys.executable and importlib.util.find_spec("timefold") is None:
        return None, "its wheel is not installed: TIMEFOLD may name a Python that has it"
    asked = json.dumps(_as_data(instance, limit))
    try:
        done = subprocess.run(
            [python, str(_SCRIPT)],
            input=asked,
            capture_output=True,
            text=True,
            timeout=limit + _SLACK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, "it did not end in time"
    if done.returncode:
        return None, f"it failed: {done.stderr.strip().splitlines()[-1:]}"
    taken = {(who, int(day)): shift for who, day, shift in json.loads(done.stdout)}
    faults = shifts.faults(instance, taken)
    if faults:
        return None, f"peer {limit:g} s: no legal roster, {len(faults)} faults"
    return shifts.cost(instance, taken), f"peer {limit:g} s"


def _as_data(instance: Instance, limit: float) -> dict[str, object]:
    return {
        "seconds": limit,
        "days": instance.days,
        "shifts": {
            name: [one.minutes, sorted(one.not_before)] for name, one in instance.shifts.items()
        },
        "staff": {
            name: [dict(one.most), one.most_minutes, one.least_minutes, one.most_on, one.least_on,
                   one.least_off, one.most_weekends, sorted(one.off)]
            for name, one in instance.staff.items()
        },
        "wished": [[*key, price] for key, price in instance.wished.items()],
        "unwished": [[*key, price] for key, price in instance.unwished.items()],
        "cover": [
            [day, shift, one.wanted, one.under, one.over]
            for (day, shift), one in instance.cover.items()
        ],
    }  # fmt: skip
