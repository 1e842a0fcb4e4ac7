"""Loading a territory file: kept ids, dated ends, nothing to say the second time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from plateau.access import service as access
from plateau.kernel.caller import Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import DestinationId, DeviceId, SiteId
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Db, Tx
from plateau.territory import file, rows, service
from plateau.territory.types import Change
from territory.broken import SHIPPED, SMALL

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON = AT.date()
A, B = rows.site_id("A"), rows.site_id("B")
UN, URG = rows.person_id("UN"), rows.person_id("URG")


def load(tx: Tx, text: str = SMALL, *, at: datetime = AT) -> list[Change]:
    return service.load(tx, file.parse(text, "essai.toml"), at=at)


def test_everything_in_the_file_can_be_looked_up(tx: Tx) -> None:
    load(tx)
    assert [site.code for site in service.sites(tx)] == ["A", "B"]
    assert [site.code for site in service.sites(tx, ids={B})] == ["B"]
    assert service.site(tx, A).member_id == service.members(tx)[0].member_id
    device = service.device_by_ae(tx, "CT_A", on=ON)
    assert device
    assert service.device_for(tx, site_id=A, modality="CT", on=ON) == device
    assert service.device(tx, device.device_id) == device
    assert service.device_for(tx, site_id=A, modality="MR", on=ON) is None
    assert service.device_by_ae(tx, "CT_X", on=ON) is None
    assert [exam.exam_code for exam in service.exam_types(tx)] == ["TDM"]
    assert service.exam_type(tx, "TDM").minutes == 10
    assert service.target_minutes(tx, Urgency.URGENT, on=ON) == 60
    assert [line.code for line in service.lines(tx, on=ON)] == ["NUIT"]
    (target,) = service.destinations(tx, site_id=A, on=ON)
    assert service.destination(tx, target.destination_id) == target
    reader = service.practitioner(tx, UN)
    assert reader
    assert reader.home_site_id == A
    assert service.practitioner(tx, URG) is None


def test_what_is_absent_is_not_found(tx: Tx) -> None:
    with pytest.raises(NotFoundError):
        service.site(tx, SiteId(UN))
    with pytest.raises(NotFoundError):
        service.device(tx, DeviceId(UN))
    with pytest.raises(NotFoundError):
        service.exam_type(tx, "TDM")
    with pytest.raises(NotFoundError):
        service.destination(tx, DestinationId(UN))
    with pytest.raises(NotFoundError):
        service.target_minutes(tx, Urgency.URGENT, on=ON)


def test_reading_needs_the_skill_and_the_privilege_on_that_day(tx: Tx) -> None:
    load(tx)
    deux = rows.person_id("DEUX")
    assert service.may_read(tx, person_id=UN, site_id=B, modality="CT", on=ON)
    assert not service.may_read(tx, person_id=UN, site_id=B, modality="MR", on=ON)
    assert not service.may_read(tx, person_id=deux, site_id=B, modality="CT", on=ON)
    assert not service.may_read(tx, person_id=URG, site_id=A, modality="CT", on=ON)
    last_day = date(2024, 12, 31)  # the skill ends the day after
    assert service.may_read(tx, person_id=deux, site_id=A, modality="CT", on=last_day)
    assert not service.may_read(
        tx, person_id=deux, site_id=A, modality="CT", on=last_day + timedelta(1)
    )


def test_people_have_accounts_and_roles(tx: Tx) -> None:
    load(tx)
    assert access.person_by_login(tx, login="un") == UN
    assert access.roles_of(tx, person_id=UN) == {Role.READER: {A, B}}
    assert access.roles_of(tx, person_id=URG) == {Role.REQUESTER: {A}}


def test_loading_again_changes_nothing(db: Db) -> None:
    with db.begin() as tx:
        assert load(tx)
    with db.begin() as tx:
        assert load(tx, at=AT + timedelta(days=30)) == []
        assert tx.value("select count(*) from territory.revision") == 1
        assert tx.touched == set()


def test_the_shipped_territory_loads_twice(db: Db) -> None:
    pool = file.parse(SHIPPED.read_text("utf-8"), SHIPPED.name)
    with db.begin() as tx:
        changes = service.load(tx, pool, at=AT)
        assert {change.verb for change in changes} == {"added"}
        assert tx.touched == {"duty"}
    with db.begin() as tx:
        assert service.load(tx, pool, at=AT) == []


def test_a_changed_attribute_is_updated_and_listed(tx: Tx) -> None:
    load(tx)
    site = 'name = "Site A"'
    moved = SMALL.replace(site, 'name = "Site A bis"').replace('site = "A"\nmod', 'site = "B"\nmod')
    assert load(tx, moved) == [
        Change(verb="changed", kind="site", code="A", field="name", before="Site A",
               after="Site A bis"),
        Change(verb="changed", kind="device", code="CT_A", field="site_id", before="A", after="B"),
    ]  # fmt: skip
    assert service.site(tx, A).name == "Site A bis"
    assert tx.value("select count(*) from territory.revision") == 2


def test_a_machine_that_leaves_the_file_ends_that_day(tx: Tx) -> None:
    load(tx)
    without = SMALL[: SMALL.index("[[machine]]")] + SMALL[SMALL.index("[[exam]]") :]
    later = AT + timedelta(days=2)
    assert load(tx, without, at=later) == [Change(verb="ended", kind="device", code="CT_A")]
    assert service.device_by_ae(tx, "CT_A", on=later.date()) is None
    assert service.device_by_ae(tx, "CT_A", on=ON)
    assert load(tx, without, at=later + timedelta(days=2)) == []


def test_a_machine_that_comes_back_is_the_same_machine(tx: Tx) -> None:
    load(tx)
    before = service.device_by_ae(tx, "CT_A", on=ON)
    load(tx, SMALL[: SMALL.index("[[machine]]")] + SMALL[SMALL.index("[[exam]]") :])
    (change,) = load(tx)
    assert (change.verb, change.field, change.after) == ("changed", "valid_to", "")
    assert service.device_by_ae(tx, "CT_A", on=ON) == before


def test_what_had_not_begun_never_holds(tx: Tx) -> None:
    future = SMALL.replace(
        'name = "Scanner"\nvalid_from = 2020-01-01', 'name = "Scanner"\nvalid_from = 2030-01-01'
    )
    load(tx, future)
    without = SMALL[: SMALL.index("[[machine]]")] + SMALL[SMALL.index("[[exam]]") :]
    assert len(load(tx, without)) == 1
    assert load(tx, without) == []
    assert service.device_by_ae(tx, "CT_A", on=date(2030, 1, 1)) is None


def test_an_exam_that_leaves_the_file_is_no_longer_offered(tx: Tx) -> None:
    load(tx)
    load(tx, SMALL[: SMALL.index("[[exam]]")] + SMALL[SMALL.index("[[reader]]") :])
    assert service.exam_types(tx) == []
    assert service.exam_type(tx, "TDM").withdrawn_on == ON


def test_somebody_who_leaves_the_file_loses_account_and_roles(tx: Tx) -> None:
    load(tx)
    without = SMALL[: SMALL.index("[[staff]]")] + SMALL[SMALL.index("[[line]]") :]
    assert load(tx, without) == [
        Change(verb="ended", kind="account", code="URG"),
        Change(verb="ended", kind="staff", code="URG"),
        Change(verb="ended", kind="role", code="URG requester A"),
    ]
    assert access.roles_of(tx, person_id=URG) == {}
    assert tx.value("select closed_at from access.account where login = 'urg'") == AT
    assert load(tx, without) == []


def test_a_lost_privilege_ends_and_takes_the_role_away(tx: Tx) -> None:
    load(tx)
    fewer = SMALL[: SMALL.index("[[roster]]")].replace('["A", "B"]', '["A"]')
    changes = load(tx, fewer)
    assert [(change.verb, change.kind, change.code) for change in changes] == [
        ("ended", "privilege", "UN B 2020-01-01"),
        ("ended", "role", "UN reader B"),
    ]
    assert not service.may_read(tx, person_id=UN, site_id=B, modality="CT", on=ON)
    before = ON - timedelta(days=1)
    assert service.may_read(tx, person_id=UN, site_id=B, modality="CT", on=before)


def test_a_new_delay_follows_the_old_one(tx: Tx) -> None:
    load(tx)
    more = '[[delay]]\nurgency = "U0"\nminutes = 20\nsource = "essai"\nvalid_from = 2026-12-01\n'
    text = SMALL.replace("minutes = 30\n", "minutes = 30\nvalid_to = 2026-12-01\n") + more
    assert len(load(tx, text)) == 2
    assert service.target_minutes(tx, Urgency.IMMEDIATE, on=date(2026, 11, 30)) == 30
    assert service.target_minutes(tx, Urgency.IMMEDIATE, on=date(2026, 12, 1)) == 20


def test_accounts_made_otherwise_are_left_alone(tx: Tx) -> None:
    other = rows.person_id("made by hand")
    access.ensure_account(tx, person_id=other, login="autre", name="Autre")
    load(tx)
    access.grant(tx, person_id=other, role=Role.MANAGER, site_id=A)
    assert load(tx) == []
    assert access.roles_of(tx, person_id=other) == {Role.MANAGER: {A}}
