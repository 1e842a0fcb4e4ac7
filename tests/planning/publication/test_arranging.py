"""Contracts, closed days and promises, changed in pages, reach the problem of a roster."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from fastapi.testclient import TestClient

from make import a_caller
from planning.publication.test_pages import Stage
from planning.test_building import AT, loaded
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.kernel.time import instant
from plateau.planning import building, plan_queries
from plateau.planning import service as planning
from plateau.planning.plan_types import Terms
from plateau.planning.publication.arranged import Closing
from plateau.planning.publication.queries import arranging, asked
from plateau.planning.publication.service import arranging as service
from plateau.planning.publication.service import living
from plateau.planning.publication.types import Wished
from plateau.planning.roster.types import Kind, Person
from plateau.planning.types import Hours, RosterEntry
from plateau.planning.types import Roster as Published
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.territory import rows

FIRST, LAST = date(2027, 1, 4), date(2027, 1, 17)
REASON = "panne de climatisation"


@pytest.fixture
def boss(tx: Tx) -> Caller:
    """A coordinator of the shipped territory."""
    loaded(tx)
    who = rows.person_id("EXEMPLE")
    return replace(a_caller(who, rows.site_id("DAX"), role=Role.COORDINATOR), name="Camille RÉGUL")


def person(tx: Tx, code: str = "EXEMPLE") -> Person:
    who = rows.person_id(code)
    return next(p for p in building.people(tx, first=FIRST, last=LAST) if p.person_id == who)


def a_change(**other: object) -> Terms:
    values: dict[str, object] = {
        "person_id": rows.person_id("EXEMPLE"), "first_on": FIRST + timedelta(days=7),
        "last_on": None, "is_off": False, "share": 0.5, "half_days": None, "takes_extra": None,
        "max_duties": None, **other,
    }  # fmt: skip
    return Terms(**values)  # pyright: ignore[reportArgumentType]


def test_a_contract_changes_on_its_days_and_is_taken_back(tx: Tx, boss: Caller) -> None:
    was = person(tx)
    change = service.change_contract(tx, boss, a_change(), reason="temps partiel", now=AT)

    one = person(tx)
    before, after = one.contract(FIRST), one.contract(LAST)
    assert before == replace(was.contracts[-1], span=before.span) if before else False
    assert after
    assert after.share == 0.5
    assert arranging.changes(tx, since=FIRST)[0].reason == "temps partiel"

    service.withdraw_change(tx, boss, change, now=AT)
    assert person(tx) == was
    with pytest.raises(ConflictError):
        service.withdraw_change(tx, boss, change, now=AT)


def test_a_contract_ending_mid_period_leaves_its_days_without_one(tx: Tx, boss: Caller) -> None:
    service.change_contract(
        tx, boss, a_change(is_off=True, share=None), reason="départ", now=AT
    )  # fmt: skip

    one = person(tx)
    assert one.contract(FIRST + timedelta(days=6))
    assert one.contract(FIRST + timedelta(days=7)) is None


@pytest.mark.parametrize(
    ("wanted", "reason", "error"),
    [
        ({"last_on": FIRST}, REASON, InvalidInputError),
        ({"share": 1.5}, REASON, InvalidInputError),
        ({"share": float("nan")}, REASON, InvalidInputError),
        ({"half_days": 15}, REASON, InvalidInputError),
        ({"max_duties": -1}, REASON, InvalidInputError),
        ({"share": None}, REASON, InvalidInputError),
        ({}, "  ", InvalidInputError),
        ({"person_id": rows.person_id("INCONNU")}, REASON, NotFoundError),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    tx: Tx, boss: Caller, wanted: dict[str, object], reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.change_contract(tx, boss, a_change(**wanted), reason=reason, now=AT)


def test_a_closed_session_is_no_longer_asked_for(tx: Tx, boss: Caller) -> None:
    problem = building.problem(tx, first=FIRST, last=LAST)
    session = next(p for p in problem.posts if p.kind is Kind.SESSION)
    code = next(
        c.code for c in arranging.session_choices(tx, on=FIRST) if _is(c.name, session.name)
    )
    closing = Closing(
        what=code, half=session.half.value, first=session.on, last=session.on, reason=REASON
    )

    assert service.close(tx, boss, closing, now=AT) == 1
    assert service.close(tx, boss, closing, now=AT) == 0  # closed already

    after = building.problem(tx, first=FIRST, last=LAST)
    gone = {p.post_id for p in problem.posts} - {p.post_id for p in after.posts}
    assert gone == {session.post_id}
    (closure,) = arranging.closures(tx, since=FIRST)
    assert (closure.closed_on, closure.reason) == (session.on, REASON)
    service.open_again(tx, boss, closure.closure_id, now=AT)
    assert building.problem(tx, first=FIRST, last=LAST) == problem
    with pytest.raises(ConflictError):
        service.open_again(tx, boss, closure.closure_id, now=AT)


def _is(choice: str, name: str) -> bool:
    return choice.startswith(f"{name} · ")


def test_an_emergency_department_closed_that_night_is_not_waited_for(tx: Tx, boss: Caller) -> None:
    line, site = rows.line_id("NUIT"), rows.site_id("MDM")
    closing = Closing(what=f"{line}/{site}", half=None, first=FIRST, last=FIRST, reason=REASON)
    hours = Hours(starts_at=time(20), ends_at=time(8), first_starts_at=time(18))
    entry = RosterEntry(line_id=line, on=FIRST, people=(rows.person_id("EXEMPLE"),))
    planning.publish(tx, Published(lines={line: hours}, entries=(entry,)), at=AT)
    late = instant(FIRST, time(22))
    assert planning.answering(tx, site_id=site, at=late)

    assert service.close(tx, boss, closing, now=AT) == 1

    assert planning.answering(tx, site_id=site, at=late) == ()
    covered = plan_queries.covered(tx, first=FIRST, last=FIRST)
    (night,) = [row for row in covered if (row.line_id, row.site_id) == (line, site)]
    assert FIRST in night.closed


@pytest.mark.parametrize(
    ("what", "half", "days", "error"),
    [
        ("NO-SUCH", None, 0, NotFoundError),
        ("x/y", None, 0, NotFoundError),
        ("NO-SUCH", None, -1, InvalidInputError),
        ("NO-SUCH", None, 400, InvalidInputError),
    ],
)
def test_what_cannot_be_closed_is_refused(
    tx: Tx, boss: Caller, what: str, half: str | None, days: int, error: type[Exception]
) -> None:
    last = FIRST + timedelta(days=days)
    with pytest.raises(error):
        service.close(tx, boss, Closing(what=what, half=half, first=FIRST, last=last,
                                        reason=REASON), now=AT)  # fmt: skip


def test_a_promised_wish_binds_and_its_author_hears_of_it(db: Db, blobs: Blobs) -> None:
    stage = Stage(db, blobs)
    me, boss = stage.pool.doctor(0), stage.pool.coordinator
    with db.begin() as tx:
        on = FIRST + timedelta(days=3)
        living.wish(tx, me, Wished(day=on, half=None, kind="off", points=3), now=AT)
        (wish,) = arranging.wishes(tx, since=FIRST)
        service.promise(tx, boss, wish.wish_id, is_hard=True, now=AT)
        with pytest.raises(ConflictError):
            service.promise(tx, boss, wish.wish_id, is_hard=True, now=AT)
        (row,) = asked.wishes(tx, first=FIRST, last=LAST, person_id=me.person_id)
        assert row.is_hard
        told = {one.text for one in asked.notices(tx, me.person_id)}
        assert "Your wish for {day} is promised" in told


def test_the_page_shows_and_changes_people_days_and_wishes(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        loaded(tx)
    stage = Stage(db, blobs)
    page: TestClient = stage.boss
    shown = page.get("/roster/terms").text
    assert "Every contract is as the territory file says" in shown
    form = {"person": str(rows.person_id("EXEMPLE")), "first": "2027-02-01", "share": "80",
            "reason": "temps partiel"}  # fmt: skip
    assert "temps partiel" in page.post("/roster/terms/contracts", data=form).text
    what = f"{rows.line_id('NUIT')}/{rows.site_id('MDM')}"
    closing = {"what": what, "first": "2027-02-01", "last": "2027-02-03", "reason": REASON}
    assert page.post("/roster/terms/closures", data=closing).text.count(REASON) == 3
    reader = stage.as_(stage.pool.doctor(0))
    assert reader.get("/roster/terms").status_code == 422
    assert reader.post("/roster/terms/contracts", data=form).status_code == 422
    with db.begin() as tx, pytest.raises(RuleBrokenError):
        service.promise(tx, stage.pool.doctor(0), rows.person_id("X"), is_hard=True, now=AT)
