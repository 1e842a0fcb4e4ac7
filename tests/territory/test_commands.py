"""The command: every problem as file:line: reason, what changes, and the roster published."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plateau.entry import roster_file, territory_file
from plateau.planning import service as planning
from plateau.platform.db import Db
from plateau.territory import file, rows
from plateau.territory.types import BrokenFileError
from territory.broken import SHIPPED, SMALL

AT = datetime(2026, 11, 23, 11, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 1, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
SECOND_LINE = """\
[[line]]
code = "JOUR"
name = "Jour"
place = "B"
starts_at = 08:00:00
ends_at = 20:00:00
readers = 1
covers = ["A"]
valid_from = 2020-01-01
"""


def plateau(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-c", "from plateau.entry.territory_file import app; app()", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "essai.toml"
    path.write_text(text, "utf-8")
    return path


def roster_problems(tmp_path: Path, *entries: tuple[str, str]) -> list[tuple[int, str]]:
    """The problems of a file whose reader takes these lines on these days; lines from its end."""
    text = SMALL[: SMALL.index("[[roster]]")] + SECOND_LINE
    start = text.count("\n")
    text += "".join(f'[[roster]]\nline = "{line}"\non = {on}\nreaders = ["UN"]\n'
                    for line, on in entries)  # fmt: skip
    with pytest.raises(BrokenFileError) as caught:
        territory_file.read(written(tmp_path, text))
    return [(p.line - start, str(p.reason).replace(str(start + 4), "4"))
            for p in caught.value.problems]  # fmt: skip


def test_check_passes_a_sound_file() -> None:
    answer = plateau("check", str(SHIPPED), "--lang", "en")
    assert (answer.returncode, answer.stdout) == (0, f"{SHIPPED} is sound\n")


def test_check_names_file_line_and_reason(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL.replace('member = "M"', 'member = "X"', 1))
    answer = plateau("check", str(path), "--lang", "en")
    assert answer.returncode == 2
    assert answer.stderr == f"{path}:10: no member has the code X\n"


def test_load_refuses_a_broken_file_and_changes_nothing(database: str, tmp_path: Path) -> None:
    path = written(tmp_path, SMALL + "[[site]]\n")
    answer = plateau("load", str(path), PLATEAU_DATABASE_URL=database)
    assert answer.returncode == 2
    assert all(line.startswith(f"{path}:") for line in answer.stderr.splitlines())


def test_load_of_an_absent_file(tmp_path: Path) -> None:
    assert plateau("load", str(tmp_path / "absent.toml")).returncode == 2


def test_load_twice_then_show(database: str) -> None:
    environment = {"PLATEAU_DATABASE_URL": database, "PLATEAU_LANGUAGE": "en"}
    first = plateau("load", str(SHIPPED), **environment)
    assert first.returncode == 0, first.stderr
    assert "added: site STPALAIS" in first.stdout
    assert first.stdout.endswith("roster: 56 duties changed\n")
    assert plateau("load", str(SHIPPED), **environment).stdout == "nothing changes\n"
    shown = plateau("show", **environment).stdout
    assert "NUIT\tGarde commune de nuit\t20:00-08:00\n" in shown


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "essai.toml"
    path.write_bytes(b'[territory]\ncode = "\xff"\n')
    with pytest.raises(BrokenFileError, match=r"essai\.toml:2: not UTF-8 text"):
        territory_file.read(path)


def test_roster_with_somebody_at_two_places_at_once(tmp_path: Path) -> None:
    # The day lasts until 20:00, the first reader of the night starts at 18:00.
    assert roster_problems(tmp_path, ("NUIT", "2026-11-23"), ("JOUR", "2026-11-23")) == [
        (8, "UN is at two places at once, see line 4")
    ]


def test_roster_without_the_daily_rest(tmp_path: Path) -> None:
    assert roster_problems(tmp_path, ("NUIT", "2026-11-23"), ("JOUR", "2026-11-24")) == [
        (8, "UN rests 0 h after the duty at line 4, less than 11 h")
    ]


def test_roster_with_the_same_reader_twice_in_a_night(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL.replace('readers = ["UN"]', 'readers = ["UN", "UN"]'))
    with pytest.raises(BrokenFileError, match="UN is at two places at once"):
        territory_file.read(path)


def test_the_shipped_roster_covers_every_site_as_it_should(db: Db) -> None:
    pool = file.parse(SHIPPED.read_text("utf-8"), SHIPPED.name)
    territory_file.loaded(db, pool, at=AT)
    with db.begin() as tx:
        counts = {
            code: [
                len(planning.on_duty(tx, site_id=rows.site_id(code), at=at))
                for at in (AT, EVENING, NIGHT)
            ]
            for code in ("BAYONNE", "DAX", "MDM", "STPALAIS", "SJPP")
        }
        first, second = planning.on_duty(tx, site_id=rows.site_id("STPALAIS"), at=NIGHT)
    assert counts == {
        "BAYONNE": [2, 2, 2],
        "DAX": [2, 2, 2],
        "MDM": [2, 3, 2],  # from 18:00 one reader of the night is there besides the two of the day
        "STPALAIS": [2, 3, 2],
        "SJPP": [2, 2, 0],  # outside the common on-call
    }
    assert (first.name, second.name) == ("Dr Aitor EXEMPLE", "Dr Maialen FACTICE")


def test_the_shipped_roster_is_fair() -> None:
    pool = file.parse(SHIPPED.read_text("utf-8"), SHIPPED.name)
    assert list(roster_file.problems(pool)) == []
    nights = [code for entry in pool.roster if entry.line == "NUIT" for code in entry.readers]
    assert {nights.count(reader.code) for reader in pool.readers} <= {1, 2}


def test_a_trial_shows_the_changes_and_makes_none(db: Db) -> None:
    pool = file.parse(SMALL, "essai.toml")
    shown = territory_file.loaded(db, pool, at=AT, dry_run=True)
    with db.begin() as tx:
        assert tx.value("select count(*) from territory.site") == 0
        assert tx.value("select count(*) from planning.duty") == 0
    assert territory_file.loaded(db, pool, at=AT) == shown
    assert len(territory_file.loaded(db, pool, at=AT)) == 1
