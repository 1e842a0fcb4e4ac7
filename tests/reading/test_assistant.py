"""Proposed drafts: off by default, for the reader alone, kept, judged, stopped by themselves."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from make import NIGHT, a_caller, a_person, a_role
from make_after import a_task
from plateau.access import service as access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotSignedInError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId, VersionId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import service, signature
from plateau.reading.assistant.service import arriving, deciding, supervising, switching
from plateau.reading.assistant.service.supervising import Comparison
from plateau.reading.assistant.types import Choice, Decision, Limit, Reason
from plateau.reading.types import Save, Signing
from reading.drafts import CONCLUSION, RESULT, Program, a_program, proposed, switched_on
from reading.night import PASSWORD, SOON, TEXT, WALL, Night, a_colleague, save, take

ACCEPT, TAKE = Choice(decision=Decision.ACCEPT), Choice(decision=Decision.TAKE)
MISSED = Choice(decision=Decision.REJECT, reason=Reason.MISSED, found_abnormal=True)


@pytest.fixture
def program(db: Db, night: Night) -> Program:
    with db.begin() as tx:
        return a_program(tx, night.world)


def draft(db: Db, night: Night, program: Program, blind: int = 0) -> UUID:
    with db.begin() as tx:
        switched_on(tx, night.world, program, blind=blind)
        return proposed(tx, program, night.exam_id)


def shown(db: Db, caller: Caller, exam_id: ExamId) -> deciding.Panel:
    with db.begin() as tx:
        return deciding.panel(tx, runtime.blobs(), caller, exam_id, now=SOON)


def decide(db: Db, night: Night, choice: Choice) -> None:
    with db.begin() as tx:
        said = (night.exam_id, choice)
        deciding.decide(tx, runtime.blobs(), night.reader, said, now=SOON, wall=WALL)


def sign_kept(db: Db, blobs: Blobs, night: Night, exam_id: ExamId) -> VersionId:
    """Sign what is kept, then let the ledger hear of it."""
    with db.begin() as tx:
        kept = service.draft(tx, exam_id)
        assert kept
        text = Save(exam_id=exam_id, sections=service.sections_of(kept), revision=kept.revision)
        signing = Signing(save=text, password=PASSWORD, despite_warnings=True)
        version_id = signature.sign(tx, blobs, night.reader, signing, now=SOON, wall=WALL)
        supervising.enter(tx, version_id, now=SOON)
        assert not supervising.enter(tx, version_id, now=SOON), "safe to run twice"
        return version_id


def ledger(tx: Tx, exam_id: ExamId) -> list[object]:
    found = tx.values(
        """
        select to_jsonb(o) || jsonb_build_object('disagrees', j.disagrees)
        from reading.proposal_outcome o
        join reading.proposal p using (proposal_id)
        left join reading.proposal_judgement j using (proposal_id)
        where p.exam_id = %(exam)s
        """,
        exam=exam_id,
    )
    assert len(found) == 1
    return [found[0][name] for name in ("outcome", "distance_permille", "disagrees")]


def test_off_by_default(db: Db, night: Night, program: Program) -> None:
    with db.begin() as tx:
        assert arriving.awaited(tx, program.model, now=NIGHT) == []
    with pytest.raises(RuleBrokenError, match="not switched on"), db.begin() as tx:
        proposed(tx, program, night.exam_id)
    with db.begin() as tx:
        assert tx.value("select count(*) from reading.proposal") == 0


def test_switched_on_it_sees_which_exams_wait_and_not_whose(
    db: Db, night: Night, program: Program
) -> None:
    with db.begin() as tx:
        switched_on(tx, night.world, program)
        (one,) = arriving.awaited(tx, program.model, now=NIGHT)
        assert one.exam_id == night.exam_id
        proposed(tx, program, night.exam_id)
        assert arriving.awaited(tx, program.model, now=NIGHT) == []


def test_on_from_a_later_day_is_off_today(db: Db, night: Night, program: Program) -> None:
    with db.begin() as tx:
        switch_id = switched_on(tx, night.world, program)
        tx.run(
            "update reading.model_switch set valid_from = %(at)s where switch_id = %(id)s",
            at=NIGHT + timedelta(days=1),
            id=switch_id,
        )
    with pytest.raises(RuleBrokenError), db.begin() as tx:
        proposed(tx, program, night.exam_id)


def test_a_token_that_nobody_holds(db: Db, program: Program) -> None:
    with db.begin() as tx:
        assert arriving.model_of(tx, token=program.token) == program.model
        for token in ("", "guessed"):
            with pytest.raises(NotSignedInError):
                arriving.model_of(tx, token=token)


def test_only_an_administrator_of_the_site_switches(db: Db, night: Night, program: Program) -> None:
    with pytest.raises(NotFoundError), db.begin() as tx:
        switched_on(tx, night.world, replace(program, administrator=night.reader))
    with pytest.raises(NotFoundError), db.begin() as tx:
        switching.admit(tx, night.reader, name="A", version="1", maker="", now=NIGHT)


def test_one_program_at_a_time_for_a_type_of_exam(db: Db, night: Night, program: Program) -> None:
    with db.begin() as tx:
        switched_on(tx, night.world, program)
    with pytest.raises(ConflictError), db.begin() as tx:
        switched_on(tx, night.world, program)


def test_a_closed_program_sends_nothing_more(db: Db, night: Night, program: Program) -> None:
    with db.begin() as tx:
        switched_on(tx, night.world, program)
        switching.close(tx, program.administrator, program.model.model_id, now=NIGHT)
    with pytest.raises(NotSignedInError), db.begin() as tx:
        arriving.model_of(tx, token=program.token)


def test_only_who_holds_the_exam_sees_the_draft(db: Db, night: Night, program: Program) -> None:
    draft(db, night, program)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
    assert shown(db, night.reader, night.exam_id).proposal is None, "not taken yet"
    take(db, night)
    found = shown(db, night.reader, night.exam_id).proposal
    assert found
    assert found.result == RESULT
    assert shown(db, colleague, night.exam_id).proposal is None
    with db.begin() as tx:
        seen = tx.values("select action from access.audit where action = 'assistant.view'")
        assert len(seen) == 1


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.TECHNOLOGIST, Role.ADMINISTRATOR])
def test_nobody_outside_reading_reaches_it(
    db: Db, night: Night, program: Program, role: Role
) -> None:
    draft(db, night, program)
    take(db, night)
    outsider = a_caller(night.world.requester_id, night.world.site_id, role=role)
    with pytest.raises(NotFoundError):
        shown(db, outsider, night.exam_id)


def test_accepted_it_is_the_readers_text_and_the_patient_is_told(
    db: Db, blobs: Blobs, night: Night, program: Program
) -> None:
    draft(db, night, program)
    take(db, night)
    decide(db, night, ACCEPT)
    with db.begin() as tx:
        kept = service.draft(tx, night.exam_id)
        assert kept
        assert (kept.result, kept.conclusion) == (RESULT, CONCLUSION)
        assert "L. 4001-3" in kept.technique
    version_id = sign_kept(db, blobs, night, night.exam_id)
    with db.begin() as tx:
        assert ledger(tx, night.exam_id) == ["accepted", 0, False]
        assert "L. 4001-3" in service.signed(tx, version_id).technique
        assert tx.value("select count(*) from reading.proposal") == 1, "both are kept"


def test_the_print_tells_the_patient_whatever_became_of_the_text(
    db: Db, night: Night, program: Program
) -> None:
    draft(db, night, program)
    take(db, night)
    decide(db, night, TAKE)
    with db.begin() as tx:
        (notice,) = tx.values("select text from reading.notice")
        assert "Esquisse 1.4" in notice


def test_taken_and_changed_a_person_compares(
    db: Db, blobs: Blobs, night: Night, program: Program
) -> None:
    proposal_id = draft(db, night, program)
    take(db, night)
    decide(db, night, TAKE)
    with db.begin() as tx:
        kept = service.draft(tx, night.exam_id)
        assert kept
        changed = replace(service.sections_of(kept), conclusion="Scanner cérébral anormal.")
        again = Save(exam_id=night.exam_id, sections=changed, revision=kept.revision)
        service.save_draft(tx, night.reader, again, now=SOON, wall=WALL)
    sign_kept(db, blobs, night, night.exam_id)
    with db.begin() as tx:
        outcome, permille, disagrees = ledger(tx, night.exam_id)
        assert outcome == "edited"
        assert 0 < int(str(permille)) < 500
        assert disagrees is None
        (line,) = supervising.checks(tx, night.reader, now=SOON)
        assert line.proposal_id == proposal_id
        said = Comparison(score=4, found_abnormal=True, comment="La négation a disparu.")
        supervising.compare(tx, night.reader, proposal_id, said, now=SOON)
        assert ledger(tx, night.exam_id)[2] is True
        assert supervising.checks(tx, night.reader, now=SOON) == []
    with pytest.raises(ConflictError), db.begin() as tx:
        supervising.compare(tx, night.reader, proposal_id, said, now=SOON)


def test_what_was_written_is_not_lost_to_a_draft(db: Db, night: Night, program: Program) -> None:
    draft(db, night, program)
    take(db, night)
    with db.begin() as tx:
        service.save_draft(tx, night.reader, save(night.exam_id), now=SOON, wall=WALL)
    assert not shown(db, night.reader, night.exam_id).may_accept
    with pytest.raises(ConflictError, match="something is written"):
        decide(db, night, ACCEPT)
    decide(db, night, TAKE)
    with db.begin() as tx:
        kept = service.draft(tx, night.exam_id)
        assert kept
        assert kept.result == f"{TEXT.result}\n{RESULT}"


def test_rejected_it_changes_nothing_and_says_why(
    db: Db, blobs: Blobs, night: Night, program: Program
) -> None:
    draft(db, night, program)
    take(db, night)
    with pytest.raises(InvalidInputError):
        decide(db, night, Choice(decision=Decision.REJECT))
    decide(db, night, MISSED)
    with pytest.raises(ConflictError):
        decide(db, night, TAKE)
    with db.begin() as tx:
        assert service.draft(tx, night.exam_id) is None
        service.save_draft(tx, night.reader, save(night.exam_id), now=SOON, wall=WALL)
    sign_kept(db, blobs, night, night.exam_id)
    with db.begin() as tx:
        outcome, _, disagrees = ledger(tx, night.exam_id)
        assert (outcome, disagrees) == ("rejected", True)
        assert tx.value("select count(*) from reading.notice") == 0, "it was not used"


def test_a_blind_draft_is_seen_after_signing_only(
    db: Db, blobs: Blobs, night: Night, program: Program
) -> None:
    proposal_id = draft(db, night, program, blind=1000)
    take(db, night)
    assert shown(db, night.reader, night.exam_id).proposal is None
    with pytest.raises(NotFoundError):
        decide(db, night, ACCEPT)
    with pytest.raises(NotFoundError), db.begin() as tx:
        supervising.check(tx, night.reader, proposal_id, now=SOON)
    with db.begin() as tx:
        service.save_draft(tx, night.reader, save(night.exam_id), now=SOON, wall=WALL)
    sign_kept(db, blobs, night, night.exam_id)
    with db.begin() as tx:
        assert ledger(tx, night.exam_id)[0] == "blind"
        assert supervising.check(tx, night.reader, proposal_id, now=SOON).draft_result == RESULT


def test_switched_off_it_is_no_longer_shown(db: Db, night: Night, program: Program) -> None:
    draft(db, night, program)
    take(db, night)
    with db.begin() as tx:
        (line,) = switching.overview(tx, program.administrator).switches
        switching.switch_off(tx, program.administrator, line.switch_id, why="Mise à jour", now=SOON)
    assert shown(db, night.reader, night.exam_id).proposal is None


def test_past_its_limit_it_is_off_at_that_site_by_itself_and_people_are_told(
    db: Db, blobs: Blobs, night: Night, program: Program
) -> None:
    limit = Limit(usual_permille=50, limit_permille=500, quiet_for=100)
    with db.begin() as tx:
        switched_on(tx, night.world, program, limit=limit)
    exams = [night.exam_id]
    for _ in range(3):  # 10 ** 2 reaches 100: the second disagreement is enough
        exam_id = exams[-1]
        with db.begin() as tx:
            try:
                proposed(tx, program, exam_id)
            except RuleBrokenError:
                break
            service.take(tx, night.reader, exam_id=exam_id, now=NIGHT, wall=WALL)
            deciding.decide(tx, blobs, night.reader, (exam_id, MISSED), now=SOON, wall=WALL)
            service.save_draft(tx, night.reader, save(exam_id), now=SOON, wall=WALL)
        sign_kept(db, blobs, night, exam_id)
        with db.begin() as tx:
            exams.append(a_task(tx, night.world))
    assert len(exams) == 3, "two were read, the third was refused"
    with db.begin() as tx:
        (line,) = switching.overview(tx, program.administrator).switches
        assert line.ended_at == SOON
        assert line.ended_by is None
        assert (line.judged, line.disagreed, line.ended_why) == (2, 2, "2/2")
        told = tx.values("select kind from access.notification")
        assert told == ["assistant.stopped"]


def test_what_was_received_and_decided_never_changes(
    db: Db, night: Night, program: Program
) -> None:
    draft(db, night, program)
    with pytest.raises(Exception, match="append-only"), db.begin() as tx:
        tx.run("update reading.proposal set result = 'autre'")
    with pytest.raises(Exception, match="append-only"), db.begin() as tx:
        tx.run("delete from reading.proposal_decision")


def test_a_program_closes_for_all_only_by_who_administers_all(
    db: Db, night: Night, program: Program
) -> None:
    with db.begin() as tx:
        person_id = a_person(tx, "ailleurs", "Autre Administration")
        a_role(tx, person_id, Role.READER, night.world.site_id)
        assert access.roles_of(tx, person_id=person_id)
        nobody = a_caller(person_id, night.world.site_id)
    with pytest.raises(NotFoundError), db.begin() as tx:
        switching.close(tx, nobody, program.model.model_id, now=NIGHT)
