"""What is found by the way is given to somebody, reminded of months later, ended with a proof."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT, a_caller, a_person, a_role, a_site
from plateau.access.notify import service as notify
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import SiteId
from plateau.kernel.time import local
from plateau.platform.db import Db
from plateau.reading.followup import rules, service
from plateau.reading.followup.types import Advice
from plateau.reading.loops import service as loops
from reading.night import Client, Night
from reading.second_look import somebody

TODAY = local(NIGHT).date()
DUE = TODAY + timedelta(days=180)
REMINDED = NIGHT + timedelta(days=151)
LATE = NIGHT + timedelta(days=181)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.integers(1, rules.FURTHEST.days))
def test_the_reminder_comes_before_the_day_and_not_before_today(today: date, days: int) -> None:
    due_on = today + timedelta(days=days)
    assert today <= rules.remind_on(today, due_on) < due_on
    assert due_on - rules.remind_on(today, due_on) <= timedelta(days=30)


def advice(night: Night, team: SiteId | None = None) -> Advice:
    return Advice(
        exam_id=night.exam_id,
        finding="Nodule pulmonaire de 7 mm.",
        recommendation="Scanner thoracique de contrôle.",
        due_on=DUE,
        team=team,
    )


def advised(db: Db, night: Night, team: SiteId | None = None) -> UUID:
    with db.begin() as tx:
        return service.advise(tx, night.reader, advice(night, team), now=NIGHT)


def requester(night: Night) -> Caller:
    roles = {Role.REQUESTER: frozenset({night.world.site_id})}
    return replace(night.reader, person_id=night.world.requester_id, roles=roles)


def a_house(db: Db) -> Caller:
    """Somebody of a health house, where nobody coordinates."""
    with db.begin() as tx:
        site_id = a_site(tx, "MSP")
        person_id = a_person(tx, "msp")
        a_role(tx, person_id, Role.REQUESTER, site_id)
        return a_caller(person_id, site_id, role=Role.REQUESTER)


def test_the_requester_plans_is_reminded_once_and_proves_it(db: Db, night: Night) -> None:
    loop_id = advised(db, night)
    asking = requester(night)
    with db.begin() as tx:
        assert len(notify.mine(tx, asking)) == 1
        service.plan(tx, asking, loop_id, DUE, now=NIGHT)
        service.plan(tx, asking, loop_id, DUE - timedelta(days=2), now=NIGHT)
        desk = service.desk(tx, asking, loop_id, now=NIGHT)
        assert (desk.one.planned_on, desk.one.state) == (DUE - timedelta(days=2), "acknowledged")
        assert service.sweep(tx, now=REMINDED - timedelta(days=2)) == 0
        assert loops.sweep(tx, now=REMINDED) == 0
        assert service.sweep(tx, now=REMINDED) == 1
        assert service.sweep(tx, now=REMINDED) == 0
        assert len(notify.mine(tx, asking)) == 2
        loops.close(tx, asking, loop_id, proof="Contrôle stable le 2.", now=REMINDED)
        desk = service.desk(tx, night.reader, loop_id, now=REMINDED)
        assert (desk.one.state, desk.one.proof) == ("closed", "Contrôle stable le 2.")
        with pytest.raises(ConflictError):
            service.plan(tx, asking, loop_id, DUE, now=REMINDED)
        assert loops.sweep(tx, now=LATE) == 0


def test_what_is_over_is_not_reminded_of(db: Db, night: Night) -> None:
    loop_id = advised(db, night)
    with db.begin() as tx:
        loops.lapse(tx, requester(night), loop_id, reason="Le patient est décédé.", now=NIGHT)
        assert service.sweep(tx, now=REMINDED) == 0


def test_a_health_house_has_it_and_the_coordinators_of_the_exam_hear_of_its_silence(
    db: Db, night: Night
) -> None:
    house = a_house(db)
    (site_id,) = house.sites
    loop_id = advised(db, night, site_id)
    with db.begin() as tx:
        coordinator = somebody(tx, night, Role.COORDINATOR)
        assert len(notify.mine(tx, house)) == 1
        assert [one.loop_id for one in loops.lines(tx, house)] == [loop_id]
        desk = service.desk(tx, house, loop_id, now=NIGHT)
        assert (desk.may_act, desk.sees_exam) == (True, False)
        assert [one.loop_id for one in loops.of_exam(tx, night.reader, night.exam_id)] == [loop_id]
        assert loops.sweep(tx, now=LATE) == 1
        assert [one.text for one in notify.mine(tx, coordinator)] == [
            "Nobody moves: this is yours now."
        ]
        loops.close(tx, coordinator, loop_id, proof="Fait à Bayonne.", now=LATE)


def test_only_readers_of_the_site_advise_and_only_its_people_see(db: Db, night: Night) -> None:
    loop_id = advised(db, night)
    house = a_house(db)
    with db.begin() as tx:
        for caller in (house, requester(night)):
            with pytest.raises(NotFoundError):
                service.advise(tx, caller, advice(night), now=NIGHT)
        with pytest.raises(NotFoundError):
            service.desk(tx, house, loop_id, now=NIGHT)
        empty = a_site(tx, "VIDE")
        for wrong in (
            advice(night, empty),
            replace(advice(night), due_on=TODAY),
            replace(advice(night), finding=" "),
            replace(advice(night), recommendation="x" * 2000),
        ):
            with pytest.raises(InvalidInputError):
                service.advise(tx, night.reader, wrong, now=NIGHT)


def test_it_is_advised_planned_and_done_on_the_pages(db: Db, night: Night, client: Client) -> None:
    reader = client(replace(night.reader, language="en"))
    assert "whoever asked for the exam" in reader.get(f"/read/{night.exam_id}/followups").text
    form = {"csrf": "c", "finding": "Nodule.", "recommendation": "Contrôle.", "due_on": f"{DUE}"}
    where = reader.post(f"/read/{night.exam_id}/followups", data=form).headers["location"]
    asking = client(replace(requester(night), language="en"))
    assert "Contrôle." in asking.get(where).text
    assert asking.post(f"{where}/plan", data={"csrf": "c", "planned_on": f"{DUE}"}).is_redirect
    page = asking.get(where).text
    assert "Planned on" in page
    close = where.replace("followup", "loops") + "/close"
    assert asking.post(close, data={"csrf": "c", "proof": "Vu."}).status_code == 303
    assert "It is done" not in asking.get(where).text
    assert reader.get(f"/read/{night.exam_id}/followups").status_code == 200
    assert client(a_house(db)).get(where).status_code == 404
