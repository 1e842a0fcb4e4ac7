"""Problems with an exam, asked in one go and answered by whom they concern."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
from make import NIGHT, World
from plateau.kernel.caller import Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.platform.db import Db
from plateau.requests import questions, service
from plateau.requests.rules.questions import ROUTES, Cause, stopped
from request_pages import Door

START = datetime(2026, 11, 24, tzinfo=UTC)
stops = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 60)).map(
        lambda pair: (
            START + timedelta(minutes=pair[0]),
            START + timedelta(minutes=pair[0] + pair[1]),
        )
    ),
    max_size=8,
)


@given(stops)
def test_the_clock_is_stopped_for_every_minute_that_somebody_is_awaited_once(
    found: list[tuple[datetime, datetime]],
) -> None:
    minutes = {
        minute
        for begun, ended in found
        for minute in range(
            int((begun - START).total_seconds() // 60), int((ended - START).total_seconds() // 60)
        )
    }
    assert stopped(found) == timedelta(minutes=len(minutes))
    assert stopped(reversed(found)) == stopped(found)


def test_every_cause_has_somebody_who_answers() -> None:
    assert set(ROUTES) == set(Cause)
    assert {route.owner for route in ROUTES.values()} == {Role.TECHNOLOGIST, Role.REQUESTER}


def test_missing_images_are_asked_for_and_come(db: Db, world: World) -> None:
    reader = make.a_caller(world.reader_id, world.site_id)
    technologist = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    with db.begin() as tx:
        exam_id = make.an_exam(tx, world, "complete")
        questions.ask(tx, reader, exam_id, cause="missing_images", text="Os", now=NIGHT)
        assert service.exam(tx, exam_id).state == "recalled"
        with pytest.raises(ConflictError, match="already"):
            questions.ask(tx, reader, exam_id, cause="missing_images", text="", now=NIGHT)
        [one] = questions.to_answer(tx, technologist, owner=Role.TECHNOLOGIST)
        for who, words, error in (
            (reader, "Vu", NotFoundError),
            (technologist, " ", InvalidInputError),
        ):
            with pytest.raises(error):
                questions.answer(
                    tx, who, exam_id, question_id=one.question_id, text=words, now=NIGHT
                )
        later = NIGHT + timedelta(minutes=7)
        number = one.question_id
        questions.answer(tx, technologist, exam_id, question_id=number, text="Envoyé", now=later)
        assert service.exam(tx, exam_id).state == "complete"
        [kept] = questions.of_exam(tx, exam_id)
        assert (kept.answer, kept.answered_at) == ("Envoyé", later)
        with pytest.raises(ConflictError, match="answered already"):
            questions.answer(tx, technologist, exam_id, question_id=number, text="Oui", now=later)


def test_nobody_asks_what_means_nothing_or_elsewhere(db: Db, world: World) -> None:
    with db.begin() as tx:
        exam_id = make.an_exam(tx, world, "complete")
        reader = make.a_caller(world.reader_id, world.site_id)
        stranger = make.a_caller(world.reader_id, make.a_site(tx, "AILLEURS"))
        with pytest.raises(InvalidInputError, match="choose"):
            questions.ask(tx, reader, exam_id, cause="?", text="", now=NIGHT)
        with pytest.raises(NotFoundError):
            questions.ask(tx, stranger, exam_id, cause="poor_quality", text="", now=NIGHT)


def test_the_technologist_and_the_requester_answer_on_their_pages(
    db: Db, world: World, door: Door
) -> None:
    with db.begin() as tx:
        exam_id = make.an_exam(tx, world, "complete")
        request_id = service.exam(tx, exam_id).request_id
    path = f"/requests/exams/{exam_id}/questions"
    reader = door.enter(Role.READER)
    for cause in ("missing_images", "missing_history"):
        asked = reader.post(path, data={"csrf": "c", "cause": cause, "text": "?"})
        assert asked.headers["location"] == f"/read/{exam_id}"
    with db.begin() as tx:
        images, history = (one.question_id for one in questions.of_exam(tx, exam_id))

    technologist = door.enter(Role.TECHNOLOGIST)
    page = technologist.get("/acquisition").text
    assert f"{path}/{images}/answer" in page
    assert f"{path}/{history}/answer" not in page
    said = {"csrf": "c", "text": "Sent again"}
    assert technologist.post(f"{path}/{images}/answer", data=said).status_code == 303
    assert "Readers ask" not in technologist.get("/acquisition").text

    requester = door.enter(Role.REQUESTER)
    assert f"{path}/{history}/answer" in requester.get(f"/requests/{request_id}").text
    assert requester.post(f"{path}/{history}/answer", data=said).status_code == 303
    assert "Sent again" in requester.get(f"/requests/{request_id}").text
