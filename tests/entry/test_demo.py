"""A whole night, with a process of each kind killed while it runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]


def test_nothing_is_lost_or_counted_twice_whatever_is_killed(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = subprocess.run(
        [
            sys.executable, "-m", "plateau.entry.cli", "demo", "--once", "--chaos",
            "--exams", "60", "--slices", "3", "--json", str(out),
            "--data-dir", str(tmp_path / "demo"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )  # fmt: skip

    assert out.exists(), done.stderr[-4000:]
    verdict = json.loads(out.read_text("utf-8"))
    assert verdict["problems"] == []
    assert (verdict["exams"], verdict["delivered"], verdict["counted"]) == (60, 60, 60)
    assert (verdict["lost"], verdict["duplicated"]) == (0, 0)
    assert verdict["killed"].keys() == {"web", "dimse", "mllp", "worker", "database"}
    assert {"justified", "signed", "delivered", "counted"} <= verdict["steps"].keys()
    assert done.returncode == 0
