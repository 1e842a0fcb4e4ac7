"""A critical result is told at once, called about rung by rung, and ends when it was heard."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT, a_site
from plateau.access.notify import service as notify
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, PlateauError, RuleBrokenError
from plateau.platform.db import Db
from plateau.reading.critical import rules, service
from plateau.reading.critical.types import Call, Phase, Report, Rung, Say
from plateau.reading.loops import service as loops
from plateau.reading.rules import lifecycle
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import State, Step
from reading.night import Client, Night
from reading.second_look import audited, somebody

FINDING = "Hématome extradural, effet de masse."
BACK = Say(rung="ward", called="IDE EXEMPLE", reached=True, read_back="Hématome extradural.")
SILENCE = Say(rung="callback", called="05 59 00 00 15", reached=False, read_back="")
calls = st.lists(
    st.builds(
        Call,
        rung=st.sampled_from(Rung),
        called=st.just("x"),
        at=st.just(NIGHT),
        by_name=st.just("y"),
        reached=st.just(False),
        read_back=st.just(""),
    ),
    max_size=8,
)


@given(calls)
def test_whoever_does_not_answer_is_followed_by_the_next_one(made: list[Call]) -> None:
    rung = rules.next_rung(made)
    silent = {call.rung for call in made}
    assert rung not in silent or silent == set(Rung)
    assert all(one in silent for one in rules.LADDER[: rules.LADDER.index(rung)])
    more = [*made, Call(rung, "x", NIGHT, "y", reached=False, read_back="")]
    assert rules.LADDER.index(rules.next_rung(more)) >= rules.LADDER.index(rung)


@given(calls)
def test_silence_is_never_heard(made: list[Call]) -> None:
    assert rules.phase(made, is_acknowledged=False) != Phase.HEARD
    assert rules.phase(made, is_acknowledged=True) == Phase.HEARD


@given(st.sampled_from(["", *Rung]), st.text(max_size=3), st.booleans(), st.text(max_size=3))
def test_nobody_was_reached_without_reading_back(
    rung: str, called: str, reached: bool, back: str
) -> None:
    said = Say(rung=rung, called=called, reached=reached, read_back=back)
    try:
        rules.require_call(said)
    except PlateauError:
        return
    assert rung
    assert called.strip()
    assert reached == bool(back.strip())


def found(db: Db, night: Night, category: str = "minutes") -> UUID:
    report = Report(exam_id=night.exam_id, category=category, finding=FINDING)
    with db.begin() as tx:
        return service.find(tx, night.reader, report, now=NIGHT)


def requester(night: Night) -> Caller:
    return replace(
        night.reader,
        person_id=night.world.requester_id,
        name="Dr Demande",
        roles={Role.REQUESTER: frozenset({night.world.site_id})},
    )


def test_the_requester_is_told_at_once_and_acknowledges(db: Db, night: Night) -> None:
    loop_id = found(db, night)
    asking = requester(night)
    with db.begin() as tx:
        (told,) = notify.mine(tx, asking)
        assert (told.link, told.urgent) == (f"/critical/{loop_id}", True)
        assert loops.open_of(tx, night.exam_id) == 1
        service.acknowledge(tx, asking, loop_id, now=NIGHT)
        service.acknowledge(tx, asking, loop_id, now=NIGHT + timedelta(minutes=1))  # once is enough
        desk = service.desk(tx, night.reader, loop_id, now=NIGHT)
        assert (desk.told.phase, desk.told.critical.heard_at) == (Phase.HEARD, NIGHT)
        assert desk.told.critical.heard_by_name
        assert loops.open_of(tx, night.exam_id) == 0
        service.tell_finder(tx, loop_id, now=NIGHT)
        service.tell_finder(tx, loop_id, now=NIGHT)
        assert [one.text for one in notify.mine(tx, night.reader)] == [
            "A critical result of yours was heard."
        ]
        assert audited(tx, "critical.find") == 1


def test_the_report_is_not_closed_before_it_was_heard(db: Db, night: Night) -> None:
    loop_id = found(db, night)
    with db.begin() as tx:
        facts = Facts(open_loops=loops.open_of(tx, night.exam_id))
        with pytest.raises(RuleBrokenError):
            lifecycle.after(State.ACKNOWLEDGED, Step.CLOSED, facts)
        service.call(tx, night.reader, loop_id, BACK, now=NIGHT)
        facts = Facts(open_loops=loops.open_of(tx, night.exam_id))
        assert lifecycle.after(State.ACKNOWLEDGED, Step.CLOSED, facts) == State.CLOSED


def test_critical_callee_does_not_answer(db: Db, night: Night) -> None:
    loop_id = found(db, night)
    with db.begin() as tx:
        service.call(tx, night.reader, loop_id, SILENCE, now=NIGHT)
        desk = service.desk(tx, night.reader, loop_id, now=NIGHT)
        assert (desk.told.phase, desk.told.next_rung) == (Phase.ESCALATED, Rung.WARD)
        coordinator = somebody(tx, night, Role.COORDINATOR)
        at = NIGHT
        for _ in range(3):  # the reader, their colleagues, the coordinators
            at += timedelta(minutes=10)
            assert loops.sweep(tx, now=at) == 1
        assert notify.unseen(tx, coordinator) >= 1
        service.call(tx, coordinator, loop_id, BACK, now=at)
        (line,) = service.listing(tx, coordinator, now=at).over
        assert line.proof == "IDE EXEMPLE: Hématome extradural."
        assert (line.calls, line.last_called) == (2, "IDE EXEMPLE")
        assert loops.sweep(tx, now=at + timedelta(days=1)) == 0


def test_it_does_not_end_without_being_heard(db: Db, night: Night) -> None:
    loop_id = found(db, night)
    with db.begin() as tx:
        with pytest.raises(RuleBrokenError, match="read back"):
            loops.close(tx, night.reader, loop_id, proof="Fait.", now=NIGHT)
        with pytest.raises(RuleBrokenError, match="read back"):
            service.call(tx, night.reader, loop_id, replace(BACK, read_back=" "), now=NIGHT)
        loops.lapse(tx, night.reader, loop_id, reason="Mauvais examen.", now=NIGHT)
        desk = service.desk(tx, night.reader, loop_id, now=NIGHT)
        assert (desk.told.phase, desk.may_call) == (Phase.WITHDRAWN, False)


def test_only_readers_of_the_site_find_and_only_its_people_see(db: Db, night: Night) -> None:
    loop_id = found(db, night)
    with db.begin() as tx:
        elsewhere = replace(night.reader, roles={Role.READER: frozenset({a_site(tx, "AUTRE")})})
        report = Report(exam_id=night.exam_id, category="hours", finding="x")
        for caller in (elsewhere, requester(night)):
            with pytest.raises(NotFoundError):
                service.find(tx, caller, report, now=NIGHT)
        with pytest.raises(NotFoundError):
            service.desk(tx, elsewhere, loop_id, now=NIGHT)
        assert service.listing(tx, elsewhere, now=NIGHT).waiting == []
        for wrong in (replace(report, category="soon"), replace(report, finding=" ")):
            with pytest.raises(InvalidInputError):
                service.find(tx, night.reader, wrong, now=NIGHT)


def test_it_is_found_called_about_and_acknowledged_on_the_pages(
    db: Db, night: Night, client: Client
) -> None:
    reader = client(replace(night.reader, language="en"))
    assert "Tell the requester now" in reader.get(f"/read/{night.exam_id}/critical").text
    form = {"csrf": "c", "category": "minutes", "finding": FINDING}
    where = reader.post(f"/read/{night.exam_id}/critical", data=form).headers["location"]
    silence = {"csrf": "c", "rung": "callback", "called": "Standard", "reached": "false"}
    assert reader.post(f"{where}/call", data=silence).status_code == 303
    page = reader.get(where).text
    assert "the ward" in page.split("Call now:")[1]
    assert FINDING in reader.get("/critical").text
    assert reader.post(f"{where}/acknowledge", data={"csrf": "c"}).status_code == 404
    asking = client(replace(requester(night), language="en"))
    assert "I see to the patient" in asking.get(where).text
    assert asking.post(f"{where}/acknowledge", data={"csrf": "c"}).status_code == 303
    assert "acknowledged here by" in reader.get(where).text
    assert "No critical result waits" in asking.get("/critical").text
