"""The commands of rosters, on small invented problems: made, judged, explained, mended."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from planning.solver.test_shifts import INVENTED
from plateau.planning.commands import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("planned") / "roster.json"
    made = run(
        "solve", "--sample", "le-mans", "--weeks", 1, "--workers", 1, "--seconds", 2, "--json", out
    )
    assert made.exit_code == 0, made.output
    assert "sessions' gap" in made.output
    return out


def test_a_roster_that_was_made_is_accepted(planned: Path) -> None:
    judged = run("check", planned)

    assert judged.exit_code == 0
    assert "0 hard breaches" in judged.output


def test_why_somebody_does_not_hold_a_post_is_said(planned: Path) -> None:
    said = run("explain", planned, "--person", "Maialen FACTICE", "--date", "2027-01-05")

    assert said.exit_code == 0
    assert "contract" in said.output  # a physician does not hold a technologist's shift


def test_a_day_of_illness_is_mended_with_few_changes(planned: Path, tmp_path: Path) -> None:
    out = tmp_path / "mended.json"

    mended = run(
        "replan", planned, "--person", "Maialen FACTICE", "--from", "2027-01-05", "--json", out
    )

    lines = dict(line.split("\t", 1) for line in mended.output.splitlines()[-3:])
    assert int(lines["changes"]) >= int(lines["fewest"])
    assert run("check", out).exit_code == mended.exit_code


def test_a_public_instance_is_solved_and_its_bound_printed(tmp_path: Path) -> None:
    instance, out = tmp_path / "Invented.txt", tmp_path / "solution.txt"
    instance.write_text(INVENTED, "utf-8")

    solved = run("benchmark", instance, "--seconds", 20, "--workers", 2, "--solution", out)

    assert solved.exit_code == 0
    assert "gap\t0.00 %" in solved.output
    assert len(out.read_text("utf-8").splitlines()) == 4


def test_a_sample_that_nobody_knows_is_refused() -> None:
    assert run("solve", "--sample", "atlantis").exit_code != 0
