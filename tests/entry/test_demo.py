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
    acts = verdict["acts"]
    assert (acts["requests_accepted"], acts["requests_refused"]) == (60, 2)
    assert 0 < acts["questions_answered"] <= acts["questions_asked"]
    assert 0 < acts["second_readings_scored"] <= acts["second_readings_drawn"]
    assert 0 < acts["critical_results_heard"] == acts["critical_results"]
    assert acts["incidental_findings"] > 0
    assert acts["escalation_calls_of_the_next_ring"] > 0 < acts["escalation_calls_answered"]
    assert 0 < acts["drafts_accepted"] <= acts["drafts_proposed"] <= 60
    lived = verdict["roster"]
    assert lived["search"], "the planner's own search is named by what was published"
    assert (lived["published_by"], lived["version"]) == ("Sacha BOUSSOLE", 1)
    assert len(lived["on_duty"]) == len(set(lived["on_duty"])) == 3
    assert {one["login"] for one in lived["signed"]} <= set(lived["on_duty"])
    assert all(one["on_duty"] == one["reports"] > 0 for one in lived["signed"])
    assert sum(one["reports"] for one in lived["signed"]) == 60
    assert json.loads((tmp_path / "demo" / "roster.json").read_text("utf-8"))["asked"]
