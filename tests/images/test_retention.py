"""Until when images are kept, who deletes them, what stops that, and what is left."""

import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
from images.instances import as_file
from images.rejecting import a_study, note
from images.web import client, keep, of
from plateau.images.retention import queries, rules
from plateau.images.retention import service as retention
from plateau.images.retention.types import Batch, Rule
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import StudyId
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

FRENCH = Rule(20, 28, 10)
LATER = make.NIGHT + timedelta(days=365 * 21)
pytestmark = pytest.mark.usefixtures("world")
days = st.dates(date(1920, 1, 1), date(2080, 12, 31))


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        made = make.a_world(tx)
        tx.run(
            """
            insert into territory.retention
            select member_id, '*', 20, 28, 10, 'R.1112-7', '2020-01-01' from territory.member
            """
        )
    return made


@pytest.fixture
def admin(world: make.World) -> Caller:
    made = make.a_caller(world.requester_id, world.site_id, role=Role.ADMINISTRATOR)
    return replace(made, language="en")


@pytest.mark.parametrize(
    ("visit", "born", "died", "until"),
    [
        ("2020-03-01", "1950-01-01", None, "2040-03-01"),  # twenty years
        ("2020-03-01", "2015-06-01", None, "2043-06-01"),  # a minor: to age 28
        ("2020-03-01", "2012-02-29", None, "2040-03-01"),  # to age 28 before that
        ("2020-02-29", "1950-01-01", None, "2040-02-29"),
        ("2019-03-01", "2016-02-29", None, "2044-02-29"),
        ("2020-03-01", "1950-01-01", "2022-05-01", "2032-05-01"),  # died: ten years
        ("2020-03-01", "1950-01-01", "2031-05-01", "2040-03-01"),  # long after the visit
    ],
)
def test_until_when_images_are_kept(visit: str, born: str, died: str | None, until: str) -> None:
    found = rules.kept_until(
        FRENCH,
        last_visit_on=date.fromisoformat(visit),
        born_on=date.fromisoformat(born),
        died_on=date.fromisoformat(died) if died else None,
    )
    assert found == date.fromisoformat(until)


@given(days, days)
def test_the_living_are_kept_twenty_years_and_to_age_28(visit: date, born: date) -> None:
    until = rules.kept_until(FRENCH, last_visit_on=visit, born_on=born, died_on=None)
    assert until >= visit + timedelta(days=365 * 20)
    assert until >= born + timedelta(days=365 * 28)


def old_study(db: Db, blobs: Blobs, count: int = 2) -> str:
    images = a_study(count)
    keep(db, blobs, *map(as_file, images), as_file(note(images[:1])))
    return str(images[0].StudyInstanceUID)


def propose(db: Db, now: datetime = LATER) -> int:
    with db.begin() as tx:
        return retention.propose(tx, now=now)


def proposed(db: Db, admin: Caller) -> list[StudyId]:
    with db.begin() as tx:
        return [one.study_id for one in retention.page(tx, admin).proposals]


def delete(db: Db, caller: Caller, *study_ids: StudyId, reason: str = "délai échu") -> int:
    with db.begin() as tx:
        batch = Batch(study_ids=study_ids, reason=reason)
        return retention.delete(tx, caller, batch, now=LATER)


def studies(db: Db) -> int:
    with db.begin() as tx:
        return tx.value("select count(*) from images.study")


def test_what_is_past_its_time_is_proposed_once_a_day_and_not_deleted(
    db: Db, blobs: Blobs, admin: Caller
) -> None:
    old_study(db, blobs)
    assert propose(db, make.NIGHT) == 0  # not past its time
    assert propose(db) == 1
    assert propose(db) == 0  # once a day
    assert propose(db, LATER + timedelta(days=1)) == 0  # proposed already
    assert len(proposed(db, admin)) == studies(db) == 1


def test_a_later_visit_at_the_member_keeps_what_is_older(db: Db, blobs: Blobs) -> None:
    old_study(db, blobs)
    old_study(db, blobs)
    with db.begin() as tx:
        tx.run(
            "update images.study set started_at = started_at + interval '5 years' where study_id ="
            " (select study_id from images.study order by study_id limit 1)"
        )
    assert propose(db) == 0


def test_a_minor_is_kept_to_age_28(db: Db, blobs: Blobs) -> None:
    old_study(db, blobs)
    with db.begin() as tx:
        tx.run("update patients.patient set birth_on = '2025-06-01'")
    assert propose(db) == 0
    assert propose(db, LATER + timedelta(days=365 * 6)) == 1


def test_the_longest_rule_decides(db: Db, blobs: Blobs) -> None:
    old_study(db, blobs)
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.retention
            select member_id, 'CT', 30, null, null, 'essai', '2020-01-01' from territory.member
            """
        )
    assert propose(db) == 0


def test_without_a_rule_nothing_is_proposed(db: Db, blobs: Blobs) -> None:
    old_study(db, blobs)
    with db.begin() as tx:
        tx.run("delete from territory.retention")
    assert propose(db) == 0


def test_a_person_deletes_and_a_tombstone_is_left(db: Db, blobs: Blobs, admin: Caller) -> None:
    old_study(db, blobs)
    propose(db)
    assert delete(db, admin, *proposed(db, admin)) == 1
    assert studies(db) == 0
    with db.begin() as tx:
        (left,) = retention.page(tx, admin).tombstones
        audited = tx.value("select count(*) from access.audit where action = 'images.delete'")
        rows = tx.value("select count(*) from images.kept") + tx.value(
            "select count(*) from images.listing"
        )
    assert (left.instances, left.reason, audited, rows) == (3, "délai échu", 1, 0)


def test_a_held_study_is_not_deleted_nor_what_was_chosen_with_it(
    db: Db, blobs: Blobs, admin: Caller
) -> None:
    held = old_study(db, blobs)
    old_study(db, blobs)
    with db.begin() as tx:
        retention.hold(tx, admin, held, reason="contentieux", now=LATER)
    with pytest.raises(ConflictError), db.begin() as tx:
        retention.hold(tx, admin, held, reason="encore", now=LATER)
    propose(db)
    with pytest.raises(RuleBrokenError, match="held"):
        delete(db, admin, *proposed(db, admin))
    assert studies(db) == 2
    with db.begin() as tx:
        retention.lift(tx, admin, held, reason="jugement rendu", now=LATER)
    assert delete(db, admin, *proposed(db, admin)) == 2
    with db.begin() as tx:
        trail = tx.values("select action from access.audit where reason <> '' order by audit_id")
    assert trail[-4:] == ["images.hold", "images.hold.lift", "images.delete", "images.delete"]


def test_what_is_not_past_its_time_is_not_deleted(db: Db, blobs: Blobs, admin: Caller) -> None:
    old_study(db, blobs)
    propose(db)
    chosen = proposed(db, admin)
    with db.begin() as tx:
        tx.run("update patients.patient set birth_on = '2025-06-01'")  # found out since
    with pytest.raises(RuleBrokenError, match="not past its time"):
        delete(db, admin, *chosen)
    with pytest.raises(InvalidInputError):
        delete(db, admin, *chosen, reason=" ")
    with pytest.raises(InvalidInputError):
        delete(db, admin)
    assert studies(db) == 1


@pytest.mark.parametrize("role", [Role.READER, Role.TECHNOLOGIST, Role.COORDINATOR])
def test_others_delete_nothing(db: Db, blobs: Blobs, world: make.World, role: Role) -> None:
    old_study(db, blobs)
    propose(db)
    other = make.a_caller(world.requester_id, world.site_id, role=role)
    with db.begin() as tx:
        study_id = tx.value("select study_id from images.study")
    with pytest.raises(NotFoundError):
        delete(db, other, study_id)


def remove(db: Db, blobs: Blobs, *, hours: int) -> int:
    moment = timedelta(hours=hours)
    return retention.remove_bytes(db, blobs, now=LATER + moment, wall=clock.wall() + moment)


def files(tmp_path: Path) -> int:
    return sum(1 for path in (tmp_path / "blobs").rglob("*") if path.is_file())


def test_bytes_are_removed_after_their_rows(
    db: Db, blobs: Blobs, admin: Caller, tmp_path: Path
) -> None:
    old_study(db, blobs)
    propose(db)
    delete(db, admin, *proposed(db, admin))
    assert remove(db, blobs, hours=0) == 0
    assert files(tmp_path) == 3
    assert remove(db, blobs, hours=2) == 3
    assert files(tmp_path) == 0
    assert remove(db, blobs, hours=3) == 0


def test_a_deleted_instance_that_comes_again_is_stored_as_new(
    db: Db, blobs: Blobs, admin: Caller, tmp_path: Path
) -> None:
    images = a_study(2)
    contents = list(map(as_file, images))
    keep(db, blobs, *contents)
    propose(db)
    delete(db, admin, *proposed(db, admin))
    keep(db, blobs, contents[0])
    assert remove(db, blobs, hours=2) == 1  # the one that did not come again
    assert files(tmp_path) == 1
    with client(db, blobs, make.a_caller(admin.person_id, *admin.sites)) as web:
        assert len(web.get(f"{of(images)}/instances").json()) == 1


def test_bytes_that_are_being_stored_again_stay(
    db: Db, blobs: Blobs, admin: Caller, tmp_path: Path
) -> None:
    images = a_study(1)
    content = as_file(images[0])
    keep(db, blobs, content)
    propose(db)
    delete(db, admin, *proposed(db, admin))
    (file,) = (path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    os.utime(file, (0, 0))
    key = blobs.put(content)  # durable, and its row not yet committed
    assert retention.remove_bytes(db, blobs, now=LATER + timedelta(hours=2), wall=clock.wall())
    assert blobs.get(key) == content


def test_the_page_proposes_holds_and_deletes(db: Db, blobs: Blobs, admin: Caller) -> None:
    held = old_study(db, blobs)
    old_study(db, blobs)
    with db.begin() as tx:
        tx.run("update images.study set started_at = started_at - interval '30 years'")
    with client(db, blobs, admin) as web:
        assert "No study is past its time." in web.get("/images/retention").text
        propose(db, make.NIGHT)
        assert "may be deleted" in web.get("/images/retention").text
        data = {"csrf": "c", "study_uid": held, "reason": "contentieux"}
        assert "contentieux" in web.post("/images/retention/hold", data=data).text
        chosen = [str(one) for one in proposed(db, admin)]
        data = {"csrf": "c", "studies": chosen, "reason": "délai échu"}
        assert web.post("/images/retention/delete", data=data).status_code == 422
        lifted = {"csrf": "c", "reason": "jugement rendu"}
        assert web.post(f"/images/studies/{held}/lift", data=lifted).status_code == 200
        assert "délai échu" in web.post("/images/retention/delete", data=data).text
    assert studies(db) == 0


def test_a_coordinator_holds_from_the_page_of_the_study(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    uid = old_study(db, blobs)
    made = make.a_caller(world.requester_id, world.site_id, role=Role.COORDINATOR)
    with client(db, blobs, replace(made, language="en")) as web:
        page = web.get(f"/images/studies/{uid}").text
        assert "Nobody can delete a study that is held" in page
        data = {"csrf": "c", "study_uid": uid, "reason": "contentieux"}
        assert "contentieux" in web.post("/images/retention/hold", data=data).text


def test_others_do_not_see_the_page(db: Db, blobs: Blobs, world: make.World) -> None:
    reader = make.a_caller(world.requester_id, world.site_id, role=Role.READER)
    with client(db, blobs, reader) as web:
        assert web.get("/images/retention").status_code == 404


def test_no_table_that_speaks_of_a_study_is_forgotten_when_it_is_deleted(db: Db) -> None:
    with db.begin() as tx:
        referring = tx.values(
            """
            select distinct conrelid::regclass::text from pg_constraint
            where contype = 'f' and confdeltype <> 'c'
              and confrelid in ('images.study'::regclass, 'images.series'::regclass,
                                'images.instance'::regclass, 'images.rejection'::regclass)
            """
        )
    deleted = {statement.split()[2] for statement in queries.DELETIONS}
    assert set(referring) <= deleted
