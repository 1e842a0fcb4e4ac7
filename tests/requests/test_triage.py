"""Opening a request before deciding, and giving the accepted exam an hour."""

from datetime import timedelta

import pytest

import make
from make import NIGHT, World
from plateau.kernel.caller import Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.platform.db import Db
from plateau.requests import service
from plateau.requests.queries import rows
from plateau.requests.types import Decision, DecisionKind, RequestState
from request_pages import Door, a_request, accept, state

ACCEPT = Decision(kind=DecisionKind.ACCEPT, protocol="Sans injection")


def test_opening_by_the_reader_on_duty_is_a_step_of_its_own(db: Db, world: World) -> None:
    with db.begin() as tx:
        request_id = make.a_request(tx, world)
        reader = make.a_caller(world.reader_id, world.site_id)
        other = make.a_person(tx, site_id=world.site_id)
        idle = make.a_caller(other, world.site_id)

        assert not service.triage(tx, request_id=request_id, caller=idle, now=NIGHT)
        assert service.triage(tx, request_id=request_id, caller=reader, now=NIGHT)
        assert not service.triage(tx, request_id=request_id, caller=reader, now=NIGHT)

        state = rows.request(tx, request_id, sites={world.site_id}).state
        assert state == RequestState.TRIAGED
        [only] = rows.transitions(tx, request_id)
        assert (only.event, only.person_id) == ("triage", world.reader_id)
        assert (only.role, only.site_id) == (Role.READER, world.site_id)


def test_an_accepted_exam_gets_an_hour_and_then_another(db: Db, world: World) -> None:
    with db.begin() as tx:
        request_id = make.a_request(tx, world)
        reader = make.a_caller(world.reader_id, world.site_id)
        coordinator = make.a_caller(world.reader_id, world.site_id, role=Role.COORDINATOR)
        exam_id = service.decide(
            tx, request_id=request_id, decision=ACCEPT, caller=reader, now=NIGHT
        )
        assert exam_id
        at = NIGHT
        for hours in (30, 54):
            at = NIGHT + timedelta(hours=hours)
            service.schedule(tx, request_id=request_id, at=at, caller=coordinator, now=NIGHT)
            assert service.exam(tx, exam_id).planned_at == at
        log = rows.transitions(tx, request_id)
        assert [row.event for row in log] == ["triage", "accept", "schedule", "schedule"]
        assert log[-1].cause == "2026-11-26 08:00"
        with pytest.raises(InvalidInputError, match="passed"):
            past = NIGHT - timedelta(hours=1)
            service.schedule(tx, request_id=request_id, at=past, caller=coordinator, now=NIGHT)
        with pytest.raises(NotFoundError):
            service.schedule(tx, request_id=request_id, at=at, caller=reader, now=NIGHT)


def test_the_coordinator_schedules_on_the_page_in_the_hours_of_the_site(
    db: Db, world: World, door: Door
) -> None:
    request_id = a_request(db, world)
    accept(db, world, request_id)
    browser = door.enter(Role.COORDINATOR)
    assert "Give the exam an hour" in browser.get(f"/requests/{request_id}").text

    hour = {"csrf": "c", "on": "2026-11-26", "hour": "09:30"}
    assert browser.post(f"/requests/{request_id}/schedule", data=hour).status_code == 303

    page = browser.get(f"/requests/{request_id}").text
    assert "Scheduled" in page
    assert "2026-11-26 09:30" in page
    broken = {"csrf": "c", "on": "demain", "hour": "09:30"}
    assert browser.post(f"/requests/{request_id}/schedule", data=broken).status_code == 400


def test_opening_the_page_on_duty_triages_and_looking_does_not(
    db: Db, world: World, door: Door
) -> None:
    request_id = a_request(db, world)
    door.enter(Role.REQUESTER).get(f"/requests/{request_id}")
    assert state(db, request_id) == "submitted"
    page = door.enter(Role.READER).get(f"/requests/{request_id}").text
    assert state(db, request_id) == "triaged"
    assert "Being justified" in page
