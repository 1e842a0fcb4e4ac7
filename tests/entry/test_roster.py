"""The demonstration's week is planned once, by the planner, and its night is lived by that."""

from datetime import time
from pathlib import Path

from plateau.entry import territory_file
from plateau.entry.demo import roster, stage
from plateau.kernel.time import instant
from plateau.planning.publication.queries import making, versions
from plateau.planning.publication.service import desk
from plateau.planning.roster.types import Half
from plateau.platform.db import Db
from plateau.platform.settings import Settings

ROOT = Path(__file__).parents[2]


def played(db: Db) -> None:
    """The territory as the demonstration plays it: no roster but the planner's."""
    territory = territory_file.read(ROOT / "territories" / "basco-landais.toml")
    territory = stage.unlisted(stage.reinforced(territory))
    territory_file.loaded(db, territory, at=instant(stage.NIGHT_OF, time(20)))


def forget(db: Db) -> None:
    """As a new start: nothing is planned any more."""
    with db.begin() as tx:
        tx.run("truncate planning.period, planning.solve, planning.duty, planning.notice cascade")


def test_the_planner_makes_the_week_and_a_second_start_keeps_what_it_made(
    db: Db, database: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database, data_dir=tmp_path)
    played(db)
    roster.publish(db, settings)
    first = roster.tonight(db)
    with db.begin() as tx:
        (one,) = making.solves(tx)
        period = versions.period_at(tx, first=roster.FIRST, last=roster.LAST)
        assert period
        laid = desk.of_period(tx, period.period_id, now=roster.PUBLISHED_AT)
    assert [found for found in laid.check() if found.is_hard] == []
    assert laid.published
    assert (laid.published.solve_id, laid.published.author) == (one.solve_id, one.asked_by)
    assert "best" in one.progress
    assert [reader.position for reader in first] == [1, 2, 3]
    nights = [post for post in laid.problem.posts if post.half is Half.NIGHT]
    assert sum(post.needed for post in nights) == 3 * 7

    forget(db)
    roster.publish(db, settings)
    with db.begin() as tx:
        (kept,) = making.solves(tx)
    assert (kept.progress, kept.state) == ({}, "done"), "it was not solved again"
    assert [r.login for r in roster.tonight(db)] == [r.login for r in first]


def test_a_kept_roster_cut_short_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / stage.ROSTER
    path.write_text('{"asked": "x", "ros', "utf-8")

    assert roster.kept(path, "x") is None


def test_an_emptied_folder_keeps_only_what_the_planner_made(tmp_path: Path) -> None:
    folder = stage.empty(tmp_path / "demo")
    (folder / stage.ROSTER).write_text("made before", "utf-8")
    (folder / "web.log").write_text("of an earlier night", "utf-8")

    again = stage.empty(tmp_path / "demo")

    assert {one.name for one in again.iterdir()} == {stage.ROSTER, "made-by-plateau-demo"}


def test_a_night_that_no_planner_made_is_told(db: Db) -> None:
    played(db)

    found, problems = roster.lived(db)

    assert (found.on_duty, found.version) == ([], 0)
    assert problems == ["who is on duty was not made by the planner"]
