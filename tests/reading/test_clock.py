"""The clock of a report stops while its reader awaits an answer."""

from dataclasses import replace
from datetime import timedelta

from make import NIGHT, a_caller
from plateau.kernel.caller import Role
from plateau.platform.db import Db
from plateau.reading import jobs, views
from plateau.reading.types import Lateness
from plateau.requests import questions
from plateau.requests.events import QuestionAnswered
from reading.night import Client, Night


def test_the_time_an_answer_takes_does_not_count(db: Db, night: Night) -> None:
    exam_id, site_id = night.exam_id, night.world.site_id
    requester = a_caller(night.world.requester_id, site_id, role=Role.REQUESTER)
    late = NIGHT + timedelta(minutes=40)
    with db.begin() as tx:
        questions.ask(tx, night.reader, exam_id, cause="missing_history", text="", now=NIGHT)
        clock = views.clock(tx, night.reader, exam_id=exam_id, now=late)
        assert (clock.stopped_at, clock.lateness) == (NIGHT, Lateness.PLAIN)
        [one] = questions.of_exam(tx, exam_id)
        number = one.question_id
        questions.answer(tx, requester, exam_id, question_id=number, text="Aucun", now=late)
    for _ in range(2):  # jobs run at least once
        jobs.run_clock_again(QuestionAnswered(exam_id=exam_id))
    with db.begin() as tx:
        clock = views.clock(tx, night.reader, exam_id=exam_id, now=late)
        assert clock.stopped_at is None
        assert clock.due_at == NIGHT + timedelta(minutes=70)
        assert clock.lateness is Lateness.PLAIN


def test_the_reading_page_asks_and_shows_the_thread(db: Db, client: Client, night: Night) -> None:
    browser = client(replace(night.reader, language="en"))
    page = browser.get(f"/read/{night.exam_id}").text
    assert "Problem with this exam" in page
    form = {"csrf": "c", "cause": "missing_images", "text": "Fenêtre osseuse"}
    browser.post(f"/requests/exams/{night.exam_id}/questions", data=form)
    page = browser.get(f"/read/{night.exam_id}").text
    assert "Fenêtre osseuse" in page
    assert "No answer yet" in page
    assert "clock stopped for" in page
    assert "Missing images asked for" in browser.get(f"/exams/{night.exam_id}").text
