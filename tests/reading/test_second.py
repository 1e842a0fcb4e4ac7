"""Double reading on the real database: drawn, read again by somebody else, scored, told."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from make import NIGHT
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
)
from plateau.kernel.ids import PersonId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import views
from plateau.reading.loops import service as loops
from plateau.reading.second import drawing, rules, service
from plateau.reading.second.service import Wish
from plateau.reading.second.types import State, Step
from reading.night import PASSWORD, SOON, Client, Night
from reading.second_look import (
    a_rule,
    a_second_reader,
    a_signed_report,
    audited,
    somebody,
)

TEXT = ("Collection extradurale temporale.", "Hématome extradural.")
LATER = SOON + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A loop as it is kept."""

    kind: str
    state: str
    owner_id: PersonId | None
    owner_role: str
    proof: str


def drawn(db: Db, blobs: Blobs, night: Night, *, blind: bool = True) -> Caller:
    """A report that was drawn, and a colleague who reads it again."""
    colleague = a_second_reader(db, night)
    with db.begin() as tx:
        a_rule(tx, night, blind=blind)
    version_id = a_signed_report(db, blobs, night)
    with db.begin() as tx:
        assert drawing.draw(tx, version_id, now=SOON)
    return colleague


def read_again(
    db: Db, night: Night, colleague: Caller, score: int, comment: str = "Autre."
) -> None:
    """The colleague takes the exam, writes blindly, then scores."""
    with db.begin() as tx:
        service.take(tx, colleague, night.exam_id, now=LATER)
        service.write(tx, colleague, night.exam_id, text=TEXT, password=PASSWORD, now=LATER)
        service.score(tx, colleague, night.exam_id, said=(score, comment), now=LATER)


def test_drawing_twice_asks_once(db: Db, blobs: Blobs, night: Night) -> None:
    with db.begin() as tx:
        a_rule(tx, night)
    version_id = a_signed_report(db, blobs, night)
    with db.begin() as tx:
        assert drawing.draw(tx, version_id, now=SOON)
        assert not drawing.draw(tx, version_id, now=SOON)
        assert tx.value("select count(*) from reading.second_read") == 1


def test_nothing_is_drawn_without_a_rule(db: Db, blobs: Blobs, night: Night) -> None:
    version_id = a_signed_report(db, blobs, night)
    with db.begin() as tx:
        assert not drawing.draw(tx, version_id, now=SOON)


def test_the_first_reader_never_reads_again(db: Db, blobs: Blobs, night: Night) -> None:
    drawn(db, blobs, night)
    with db.begin() as tx:
        assert service.take_next(tx, night.reader, now=LATER) is None
        assert not service.listing(tx, night.reader, now=LATER).lines
        with pytest.raises(RuleBrokenError, match="not the first"):
            service.take(tx, night.reader, night.exam_id, now=LATER)


def test_the_database_itself_refuses_the_first_reader(db: Db, blobs: Blobs, night: Night) -> None:
    drawn(db, blobs, night)
    with pytest.raises(Exception, match="second_read"), db.begin() as tx:
        tx.run(
            "update reading.second_read set reader_id = first_reader, state = 'taken'"
            " where exam_id = %(id)s",
            id=night.exam_id,
        )


def test_a_blind_reader_sees_the_first_report_once_theirs_is_signed(
    db: Db, blobs: Blobs, night: Night
) -> None:
    colleague = drawn(db, blobs, night)
    with db.begin() as tx:
        assert service.take_next(tx, colleague, now=LATER) == night.exam_id
        assert service.take_next(tx, colleague, now=LATER) == night.exam_id  # asking twice
        assert service.desk(tx, colleague, night.exam_id, now=LATER).first is None
        with pytest.raises(RuleBrokenError, match="before you see"):
            service.score(tx, colleague, night.exam_id, said=(0, ""), now=LATER)
        with pytest.raises(RuleBrokenError, match="empty"):
            service.write(
                tx, colleague, night.exam_id, text=(" ", ""), password=PASSWORD, now=LATER
            )
        with pytest.raises(RuleBrokenError, match="password"):
            service.write(tx, colleague, night.exam_id, text=TEXT, password="no", now=LATER)
        service.write(tx, colleague, night.exam_id, text=TEXT, password=PASSWORD, now=LATER)
        seen = service.desk(tx, colleague, night.exam_id, now=LATER)
        assert seen.first
        assert seen.first.conclusion == "Hématome sous-dural aigu."
        with pytest.raises(PlateauError, match="cannot be"):
            service.write(tx, colleague, night.exam_id, text=TEXT, password=PASSWORD, now=LATER)


def test_whoever_reads_blindly_cannot_open_the_report_elsewhere(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    colleague = drawn(db, blobs, night)
    with db.begin() as tx:
        service.take(tx, colleague, night.exam_id, now=LATER)
        version_id = tx.value("select version_id from reading.version")
    browser = client(colleague)
    paths = (f"/read/{night.exam_id}", f"/exams/{night.exam_id}", f"/reports/{version_id}.pdf")
    assert [browser.get(path).status_code for path in paths] == [422, 422, 422]
    with db.begin() as tx:
        service.write(tx, colleague, night.exam_id, text=TEXT, password=PASSWORD, now=LATER)
    assert [browser.get(path).status_code for path in paths] == [200, 200, 200]


def test_whoever_has_seen_the_report_does_not_read_blindly(
    db: Db, blobs: Blobs, night: Night
) -> None:
    colleague = drawn(db, blobs, night)
    with db.begin() as tx:
        views.dossier(tx, colleague, exam_id=night.exam_id, now=LATER)
        assert service.take_next(tx, colleague, now=LATER) is None
        assert not service.desk(tx, colleague, night.exam_id, now=LATER).may_take
        with pytest.raises(RuleBrokenError, match="you have seen"):
            service.take(tx, colleague, night.exam_id, now=LATER)


def test_a_reading_that_is_not_blind_is_scored_at_once(db: Db, blobs: Blobs, night: Night) -> None:
    colleague = drawn(db, blobs, night, blind=False)
    with db.begin() as tx:
        service.take(tx, colleague, night.exam_id, now=LATER)
        assert service.desk(tx, colleague, night.exam_id, now=LATER).first
        service.score(tx, colleague, night.exam_id, said=(0, ""), now=LATER)
        second = service.of_exam(tx, colleague, night.exam_id, now=LATER)
        assert second
        assert (second.state, second.score, second.recall_id) == (State.SCORED, 0, None)


def test_a_difference_has_to_be_said(db: Db, blobs: Blobs, night: Night) -> None:
    colleague = drawn(db, blobs, night)
    with pytest.raises(RuleBrokenError, match="differ"):
        read_again(db, night, colleague, 2, " ")


@pytest.mark.parametrize(("score", "recalled"), [(2, False), (3, True), (4, True)])
def test_discordance_after_discharge_opens_a_recall(
    db: Db, blobs: Blobs, night: Night, score: int, recalled: bool
) -> None:
    colleague = drawn(db, blobs, night)
    read_again(db, night, colleague, score)
    with db.begin() as tx:
        second = service.of_exam(tx, colleague, night.exam_id, now=LATER)
        assert second
        assert (second.recall_id is not None) == recalled
        kinds = tx.all(
            Kept,
            """
            select kind, state, owner_id, owner_role, proof from reading.loop
            where exam_id = %(exam)s order by opened_at, kind desc
            """,
            exam=night.exam_id,
        )
        assert kinds[0] == Kept("second_reading", "closed", None, "coordinator", f"{score}/4")
        recall = [Kept("recall", "open", night.world.requester_id, "requester", "")]
        assert kinds[1:] == (recall if recalled else [])


def test_a_recall_nobody_sees_to_reaches_the_coordinators_and_ends_with_a_proof(
    db: Db, blobs: Blobs, night: Night
) -> None:
    colleague = drawn(db, blobs, night)
    read_again(db, night, colleague, 4)
    with db.begin() as tx:
        boss = somebody(tx, night, Role.COORDINATOR)
        second = service.of_exam(tx, colleague, night.exam_id, now=LATER)
        assert second
        assert second.recall_id
        for hours in (5, 10):
            loops.sweep(tx, now=LATER + timedelta(hours=hours))
        line = next(one for one in loops.of_exam(tx, boss, night.exam_id) if one.kind == "recall")
        assert (line.owner_id, line.owner_role) == (None, Role.COORDINATOR)
        with pytest.raises(InvalidInputError):
            loops.close(tx, boss, second.recall_id, proof=" ", now=LATER)
        loops.close(tx, boss, second.recall_id, proof="Patient joint au téléphone.", now=LATER)
        assert loops.open_of(tx, night.exam_id) == 0


def test_the_requester_reads_what_a_recall_is_about(db: Db, blobs: Blobs, night: Night) -> None:
    colleague = drawn(db, blobs, night)
    with db.begin() as tx:
        requester = somebody(tx, night, Role.REQUESTER)
        assert service.of_exam(tx, requester, night.exam_id, now=LATER) is None
    read_again(db, night, colleague, 3, "Fracture non vue.")
    with db.begin() as tx:
        seen = service.of_exam(tx, requester, night.exam_id, now=LATER)
        assert seen
        assert seen.comment == "Fracture non vue."


def test_the_first_reader_sees_the_result_and_says_so(db: Db, blobs: Blobs, night: Night) -> None:
    colleague = drawn(db, blobs, night)
    read_again(db, night, colleague, 1, "Le côté est mieux dit.")
    with db.begin() as tx:
        outcome = service.listing(tx, night.reader, now=LATER).outcomes[0]
        assert (outcome.score, outcome.comment) == (1, "Le côté est mieux dit.")
        assert service.listing(tx, colleague, now=LATER).outcomes == []
        with pytest.raises(RuleBrokenError, match="first reader"):
            service.see(tx, colleague, night.exam_id, now=LATER)
        service.see(tx, night.reader, night.exam_id, now=LATER)
        assert service.listing(tx, night.reader, now=LATER).outcomes[0].seen_at == LATER


def test_a_colleague_who_lets_the_time_pass_is_replaced(db: Db, blobs: Blobs, night: Night) -> None:
    colleague = drawn(db, blobs, night)
    third = a_second_reader(db, night, "Dr Trois")
    with db.begin() as tx:
        service.take(tx, colleague, night.exam_id, now=LATER)
        with pytest.raises(RuleBrokenError, match="colleague"):
            service.take(tx, third, night.exam_id, now=LATER)
        service.take(tx, third, night.exam_id, now=LATER + timedelta(hours=73))
        with pytest.raises(RuleBrokenError, match="whoever reads"):
            service.release(tx, colleague, night.exam_id, now=LATER)
        service.release(tx, third, night.exam_id, now=LATER)
        assert service.take_next(tx, colleague, now=LATER) == night.exam_id


def test_the_log_leads_to_the_state(db: Db, blobs: Blobs, night: Night) -> None:
    colleague = drawn(db, blobs, night)
    read_again(db, night, colleague, 0, "")
    with db.begin() as tx:
        steps = tx.values("select event from reading.second_event order by event_id")
        assert steps == ["drawn", "taken", "written", "scored"]
        state: State | None = None
        for step in steps:
            state = rules.MOVES[state, Step(step)][1]
        second = service.of_exam(tx, colleague, night.exam_id, now=LATER)
        assert second
        assert second.state == state
        assert audited(tx, "second.take") == 1
        assert audited(tx, "second.score") == 1


def test_another_site_sees_nothing(db: Db, blobs: Blobs, night: Night, client: Client) -> None:
    drawn(db, blobs, night)
    other = replace(night.reader, roles={Role.READER: frozenset()})
    with db.begin() as tx:
        assert service.of_exam(tx, other, night.exam_id, now=LATER) is None
        with pytest.raises(NotFoundError):
            service.desk(tx, other, night.exam_id, now=LATER)
    assert client(other).get(f"/reviews/{night.exam_id}").status_code == 404


def test_rules_are_made_and_ended_by_those_in_charge(db: Db, night: Night) -> None:
    wish = Wish(
        site_id=night.world.site_id,
        percent=2.5,
        reader_id=None,
        exam_code="",
        blind=True,
        within_hours=72,
    )
    with db.begin() as tx:
        boss = somebody(tx, night, Role.COORDINATOR)
        with pytest.raises(NotFoundError):
            service.add_rule(tx, night.reader, wish, now=NIGHT)
        with pytest.raises(InvalidInputError):
            service.add_rule(tx, boss, replace(wish, percent=0.0), now=NIGHT)
        service.add_rule(tx, boss, wish, now=NIGHT)
        line = service.ruling(tx, boss, now=NIGHT).lines[0]
        assert (line.permille, line.is_mine) == (25, True)
        assert not service.ruling(tx, night.reader, now=NIGHT).lines[0].is_mine
        with pytest.raises(NotFoundError):
            service.end_rule(tx, night.reader, line.rule_id, now=NIGHT)
        service.end_rule(tx, boss, line.rule_id, now=NIGHT)
        assert service.ruling(tx, boss, now=NIGHT).lines == []


def test_figures_name_nobody_and_say_nothing_of_few(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    colleague = drawn(db, blobs, night)
    read_again(db, night, colleague, 3)
    with db.begin() as tx:
        figure = service.figures(tx, night.reader, now=LATER)[0]
        assert (figure.readings, figure.is_enough) == (1, False)
    page = client(replace(colleague, language="en")).get("/reviews/figures").text
    assert "too few to say anything" in page
    assert "Dr Deux" not in page.partition("<main")[2]


def test_the_pages_from_the_list_to_the_score(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    colleague = replace(drawn(db, blobs, night), language="en")
    browser = client(colleague)
    page = browser.get("/reviews").text
    assert "TESTINVENTE" in page
    part = browser.get("/reviews", headers={"HX-Target": "list"}).text
    assert "<html" not in part
    answer = browser.post("/reviews/next", data={"csrf": "c"})
    path = f"/reviews/{night.exam_id}"
    assert answer.headers["location"] == path
    page = browser.get(path).text
    assert "Hématome sous-dural aigu." not in page
    form = {"csrf": "c", "result": TEXT[0], "conclusion": TEXT[1], "password": "wrong"}
    refused = browser.post(f"{path}/text", data=form)
    assert refused.status_code == 422
    assert TEXT[0] in refused.text
    browser.post(f"{path}/text", data={**form, "password": PASSWORD})
    assert "Hématome sous-dural aigu." in browser.get(path).text
    refused = browser.post(f"{path}/score", data={"csrf": "c", "score": "3"})
    assert refused.status_code == 422
    browser.post(f"{path}/score", data={"csrf": "c", "score": "3", "comment": "Autre lésion."})
    first = client(replace(night.reader, language="en"))
    assert "Autre lésion." in first.get("/reviews").text
    assert first.post(f"{path}/seen", data={"csrf": "c"}).status_code == 303
    assert "3 · major" in first.get(f"/exams/{night.exam_id}/second").text


def test_nobody_who_neither_reads_nor_coordinates_opens_the_pages(
    db: Db, night: Night, client: Client
) -> None:
    with db.begin() as tx:
        requester = somebody(tx, night, Role.REQUESTER)
    browser = client(requester)
    for path in ("/reviews", "/reviews/rules", "/reviews/figures"):
        assert browser.get(path).status_code == 404
