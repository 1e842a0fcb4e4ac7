from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
from make import NIGHT, World
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId, RequestId
from plateau.platform.db import Db, Tx
from plateau.requests import service
from plateau.requests.queries import lists, rows
from plateau.requests.rules import lifecycle
from plateau.requests.types import Decision, DecisionKind, Draft

ACCEPT = Decision(kind=DecisionKind.ACCEPT, protocol="Sans injection")
REFUSE = Decision(kind=DecisionKind.REFUSE, text="Non indiqué")
ASK = Decision(kind=DecisionKind.ASK, text="Sous anticoagulant ?")


def requester(world: World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.REQUESTER)


def reader(world: World) -> Caller:
    return make.a_caller(world.reader_id, world.site_id)


def technologist(world: World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)


def submit(tx: Tx, world: World, draft: Draft | None = None, key: str = "k") -> RequestId:
    return service.submit(
        tx, draft=draft or make.a_draft(world), caller=requester(world), key=key, now=NIGHT
    )


def decide(tx: Tx, world: World, request_id: RequestId, decision: Decision) -> ExamId | None:
    return service.decide(
        tx, request_id=request_id, decision=decision, caller=reader(world), now=NIGHT
    )


def accepted(tx: Tx, world: World) -> tuple[RequestId, ExamId]:
    request_id = submit(tx, world)
    exam_id = decide(tx, world, request_id, ACCEPT)
    assert exam_id is not None
    return request_id, exam_id


def state_of(tx: Tx, world: World, request_id: RequestId) -> str:
    return rows.request(tx, request_id, sites={world.site_id}).state


def actions(tx: Tx) -> list[str]:
    return tx.values("select action from access.audit order by audit_id")


def test_a_whole_form_makes_a_request_that_waits(tx: Tx) -> None:
    world = make.a_world(tx)

    request_id = submit(tx, world)

    [row] = lists.to_decide(tx, sites={world.site_id}, limit=10)
    assert (row.request_id, row.state, row.surname) == (request_id, "submitted", "TESTINVENTE")
    [first] = rows.transitions(tx, request_id)
    assert (first.event, first.from_state, first.role) == ("submit", None, "requester")
    assert actions(tx) == ["request.submit"]
    assert {"requests"} <= tx.touched


def test_missing_items_are_listed_all_at_once(tx: Tx) -> None:
    world = make.a_world(tx)
    draft = replace(make.a_draft(world), aim=" ", earlier="", informed=False)

    found = service.problems(tx, draft=draft, caller=requester(world), now=NIGHT)

    assert [problem.field for problem in found] == ["aim", "earlier", "informed"]
    with pytest.raises(InvalidInputError, match="aim, earlier, informed"):
        submit(tx, world, draft)
    assert tx.value("select count(*) from requests.request") == 0


def test_sending_twice_makes_one_request(tx: Tx) -> None:
    world = make.a_world(tx)

    assert submit(tx, world, key="same") == submit(tx, world, key="same")
    assert submit(tx, world, key="other") != submit(tx, world, key="same")
    assert tx.value("select count(*) from requests.request") == 2


def test_an_unknown_exam_type_is_refused(tx: Tx) -> None:
    world = make.a_world(tx)

    with pytest.raises(InvalidInputError, match="exam_code"):
        submit(tx, world, replace(make.a_draft(world), exam_code="TDM-INCONNU"))


def test_an_exam_that_no_machine_of_the_site_makes_is_refused(tx: Tx) -> None:
    world = make.a_world(tx)
    make.an_exam_type(tx, "IRM-ENCEPHALE", "MR")
    draft = replace(make.a_draft(world), exam_code="IRM-ENCEPHALE")

    [problem] = service.problems(tx, draft=draft, caller=requester(world), now=NIGHT)

    assert problem.field == "exam_code"
    assert "No machine" in problem.text


def test_another_site_s_form_is_refused(tx: Tx) -> None:
    world = make.a_world(tx)
    draft = replace(make.a_draft(world), site_id=make.a_site(tx, "AUTRE"))

    [problem] = service.problems(tx, draft=draft, caller=requester(world), now=NIGHT)

    assert problem.field == "site_id"


def test_an_identifier_known_with_other_traits_is_refused(tx: Tx) -> None:
    world = make.a_world(tx)
    submit(tx, world)

    with pytest.raises(ConflictError, match="other traits"):
        submit(tx, world, replace(make.a_draft(world), surname="AUTREINVENTE"), key="k2")


def test_accepting_plans_the_exam_on_the_machine_of_the_site(tx: Tx) -> None:
    world = make.a_world(tx)

    request_id, exam_id = accepted(tx, world)

    sheet = service.exam_sheet(tx, exam_id)
    assert (sheet.exam.state, sheet.exam.protocol) == ("planned", "Sans injection")
    assert sheet.exam.device_id == world.device_id
    assert sheet.exam.study_uid.startswith("2.25.")
    assert len(sheet.exam.accession_number) <= 16
    assert (sheet.request.state, sheet.decided_by_name) == ("accepted", "Dr Lecture")
    assert sheet.requester_name == "Dr Urgence"
    assert state_of(tx, world, request_id) == "accepted"
    assert actions(tx) == ["request.submit", "request.accept"]
    assert {"requests", "exams"} <= tx.touched


def test_substituting_plans_another_exam_with_its_reason(tx: Tx) -> None:
    world = make.a_world(tx)
    make.an_exam_type(tx, "TDM-AP")
    request_id = submit(tx, world)
    other = Decision(
        kind=DecisionKind.SUBSTITUTE, exam_code="TDM-AP", protocol="Injecté", text="Douleur basse"
    )

    exam_id = decide(tx, world, request_id, other)

    assert exam_id is not None
    assert service.exam(tx, exam_id).exam_code == "TDM-AP"
    assert state_of(tx, world, request_id) == "substituted"


@pytest.mark.parametrize("code", ["TDM-INCONNU", "TDM-CRANE", ""])
def test_substituting_needs_another_exam_that_exists(tx: Tx, code: str) -> None:
    world = make.a_world(tx)
    request_id = submit(tx, world)
    other = Decision(kind=DecisionKind.SUBSTITUTE, exam_code=code, protocol="P", text="Motif")

    with pytest.raises(InvalidInputError):
        decide(tx, world, request_id, other)


def test_a_question_goes_to_and_fro(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id = submit(tx, world)

    decide(tx, world, request_id, ASK)
    assert state_of(tx, world, request_id) == "information_asked"
    service.answer(tx, request_id=request_id, text="Oui, AOD", caller=requester(world), now=NIGHT)

    assert state_of(tx, world, request_id) == "submitted"
    texts = [message.text for message in rows.messages(tx, request_id)]
    assert texts == ["Sous anticoagulant ?", "Oui, AOD"]


def test_refusing_needs_a_reason_and_plans_nothing(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id = submit(tx, world)

    with pytest.raises(RuleBrokenError, match="reason"):
        decide(tx, world, request_id, replace(REFUSE, text="  "))
    assert decide(tx, world, request_id, REFUSE) is None

    assert state_of(tx, world, request_id) == "refused"
    assert tx.value("select count(*) from requests.exam") == 0


def test_a_second_decision_comes_too_late(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id, _ = accepted(tx, world)

    with pytest.raises(RuleBrokenError, match="no longer open"):
        decide(tx, world, request_id, REFUSE)


def test_a_reader_off_duty_is_refused_and_told_who_is_on_duty(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id = submit(tx, world)
    colleague = make.a_person(tx, name="Dr Repos", site_id=world.site_id)
    off = make.a_caller(colleague, world.site_id)

    with pytest.raises(RuleBrokenError, match="now Dr Lecture"):
        service.decide(tx, request_id=request_id, decision=ACCEPT, caller=off, now=NIGHT)
    with pytest.raises(RuleBrokenError, match="nobody is on duty"):
        service.decide(
            tx,
            request_id=request_id,
            decision=ACCEPT,
            caller=reader(world),
            now=NIGHT + timedelta(hours=12),
        )


def test_a_reader_without_the_privilege_is_refused(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id = submit(tx, world)
    tx.run("update territory.privilege set valid_to = '2021-01-01'")

    with pytest.raises(RuleBrokenError, match="you may not read CT"):
        decide(tx, world, request_id, ACCEPT)


def test_out_of_reach_reads_as_absent(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id, exam_id = accepted(tx, world)
    elsewhere = make.a_site(tx, "AUTRE")
    stranger = make.a_caller(world.reader_id, elsewhere)

    with pytest.raises(NotFoundError):
        service.decide(tx, request_id=request_id, decision=ACCEPT, caller=stranger, now=NIGHT)
    with pytest.raises(NotFoundError):
        service.cancel(tx, request_id=request_id, text="", caller=reader(world), now=NIGHT)
    with pytest.raises(NotFoundError):
        service.arrive(tx, exam_id=exam_id, caller=requester(world), now=NIGHT)
    with pytest.raises(NotFoundError):
        service.exam(tx, ExamId(uuid4()))


def test_cancelling_calls_the_planned_exam_off(tx: Tx) -> None:
    world = make.a_world(tx)
    request_id, exam_id = accepted(tx, world)

    service.cancel(tx, request_id=request_id, text="Décès", caller=requester(world), now=NIGHT)

    assert state_of(tx, world, request_id) == "cancelled"
    assert service.exam(tx, exam_id).state == "cancelled"


@pytest.mark.parametrize("state", ["in_progress", "acquired", "transferring", "complete"])
def test_cancelling_after_acquisition_is_refused(tx: Tx, state: str) -> None:
    world = make.a_world(tx)
    request_id, exam_id = accepted(tx, world)
    rows.set_exam_state(tx, exam_id, state, at=NIGHT)

    with pytest.raises(RuleBrokenError, match="images exist"):
        service.cancel(tx, request_id=request_id, text="", caller=requester(world), now=NIGHT)


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.TECHNOLOGIST])
def test_a_vital_risk_plans_the_exam_before_acceptance_and_stays_visible(
    tx: Tx, role: Role
) -> None:
    world = make.a_world(tx)
    request_id = submit(tx, world)
    caller = make.a_caller(world.requester_id, world.site_id, role=role)

    with pytest.raises(RuleBrokenError, match="reason"):
        service.override(tx, request_id=request_id, text=" ", caller=caller, now=NIGHT)
    exam_id = service.override(tx, request_id=request_id, text="Coma", caller=caller, now=NIGHT)
    assert state_of(tx, world, request_id) == "submitted"
    with pytest.raises(RuleBrokenError, match="already be acquired"):
        service.override(tx, request_id=request_id, text="Coma", caller=caller, now=NIGHT)

    assert decide(tx, world, request_id, ACCEPT) == exam_id
    assert service.exam(tx, exam_id).protocol == "Sans injection"
    assert rows.request(tx, request_id, sites={world.site_id}).override_reason == "Coma"
    [row] = lists.of_sites(tx, sites={world.site_id}, limit=5)
    assert row.overridden


def test_refusing_an_overridden_request_cancels_its_exam_unless_it_has_begun(tx: Tx) -> None:
    world = make.a_world(tx)
    exams: list[ExamId] = []
    for key in ("a", "b"):
        request_id = submit(tx, world, key=key)
        exams.append(
            service.override(
                tx, request_id=request_id, text="Coma", caller=requester(world), now=NIGHT
            )
        )
        if key == "b":
            rows.set_exam_state(tx, exams[-1], "in_progress", at=NIGHT)
            with pytest.raises(RuleBrokenError, match="images exist"):
                decide(tx, world, request_id, REFUSE)
        else:
            decide(tx, world, request_id, REFUSE)

    assert [service.exam(tx, exam_id).state for exam_id in exams] == ["cancelled", "in_progress"]


def test_the_patient_arrives(tx: Tx) -> None:
    world = make.a_world(tx)
    _, exam_id = accepted(tx, world)

    service.arrive(tx, exam_id=exam_id, caller=technologist(world), now=NIGHT)

    exam = service.exam(tx, exam_id)
    assert (exam.state, exam.arrived_at) == ("arrived", NIGHT)
    with pytest.raises(RuleBrokenError):
        service.arrive(tx, exam_id=exam_id, caller=technologist(world), now=NIGHT)


def test_two_readers_decide_at_once_and_one_wins(db: Db) -> None:
    with db.begin() as tx:
        world = make.a_world(tx)
        request_id = submit(tx, world)
    with db.begin() as first:
        decide(first, world, request_id, ACCEPT)
    with pytest.raises(RuleBrokenError), db.begin() as second:
        decide(second, world, request_id, REFUSE)


@pytest.fixture
def world(db: Db) -> World:
    with db.begin() as tx:
        make.an_exam_type(tx, "TDM-AP")
        return make.a_world(tx)


STEPS = ("ask", "answer", "accept", "refuse", "substitute", "cancel", "override", "arrive")


def act(tx: Tx, world: World, request_id: RequestId, step: str) -> None:
    """One step, whatever the state; a refusal changes nothing."""
    exam = rows.current_exam(tx, request_id)
    decisions = {
        "ask": ASK,
        "accept": ACCEPT,
        "refuse": REFUSE,
        "substitute": replace(
            ACCEPT, kind=DecisionKind.SUBSTITUTE, exam_code="TDM-AP", text="Mieux"
        ),
    }
    says = {"answer": service.answer, "cancel": service.cancel, "override": service.override}
    if step in decisions:
        decide(tx, world, request_id, decisions[step])
    elif step in says:
        says[step](tx, request_id=request_id, text="Texte", caller=requester(world), now=NIGHT)
    elif exam:
        service.arrive(tx, exam_id=exam.exam_id, caller=technologist(world), now=NIGHT)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(STEPS), max_size=8))
def test_replaying_transitions_rebuilds_the_states(db: Db, world: World, steps: list[str]) -> None:
    with db.begin() as tx:
        request_id = submit(tx, world, key=str(uuid4()))
    for step in steps:
        try:
            with db.begin() as tx:
                act(tx, world, request_id, step)
        except PlateauError:
            continue
    with db.begin() as tx:
        log = rows.transitions(tx, request_id)
        assert lifecycle.replay_request(log) == state_of(tx, world, request_id)
        allowed = {"accept", "substitute", "override"} & {row.event for row in log}
        exams = tx.values(
            "select exam_id from requests.exam where request_id = %(id)s", id=request_id
        )
        assert allowed or not exams
        for exam_id in exams:
            replayed = lifecycle.replay_exam(rows.transitions(tx, exam_id))
            assert replayed == service.exam(tx, exam_id).state
