"""Indicators come from what happened alone, whatever its order, and open onto their exams."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

import make
import make_after
from plateau.entry import http
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings
from plateau.reading.indicators import rules, service
from plateau.reading.indicators.types import GROUPS, RINGS, Story

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
MINUTES = st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes))


def a_story(number: int, turnaround: timedelta, stopped: timedelta, place: int) -> Story:
    return Story(
        exam_id=ExamId(UUID(int=number)),
        accession_number=f"EXEMPLE-{number}",
        urgency=f"U{place % 4}",
        site=f"Site {place % 3}",
        modality=("CT", "MR")[place % 2],
        hour=place % 24,
        ring=RINGS[place % 3],
        asked_at=AT - timedelta(hours=1) if place % 5 else None,
        decided_at=AT - timedelta(minutes=50),
        last_image_at=AT - timedelta(minutes=1),
        complete_at=AT,
        signed_at=AT + turnaround,
        stopped=min(stopped, turnaround),
        target=timedelta(minutes=60) if place % 7 else None,
    )


STORIES = st.lists(st.builds(a_story, st.integers(1), MINUTES, MINUTES, st.integers(0, 50)))


BY = st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique=True)


@given(STORIES, BY, st.randoms(use_true_random=False))
def test_groups_add_up_and_the_order_changes_nothing(
    stories: list[Story], by: list[str], random: Random
) -> None:
    found = rules.groups(stories, by)
    assert sum(one.exams for one in found[:-1]) == found[-1].exams == len(stories)
    assert sum(one.judged for one in found[:-1]) == found[-1].judged
    assert sum(one.on_time for one in found[:-1]) == found[-1].on_time
    shuffled = list(stories)
    random.shuffle(shuffled)
    assert rules.groups(shuffled, by) == found


@given(st.lists(MINUTES, min_size=1))
def test_a_percentile_was_observed_and_they_are_in_order(delays: list[timedelta]) -> None:
    spread = rules.spread(delays)
    assert spread
    parts = [spread.p50, spread.p90, spread.p95, spread.longest]
    assert parts == sorted(parts)
    assert {*parts} <= {*delays}
    assert spread.longest == max(delays)
    assert 2 * sum(delay <= spread.p50 for delay in delays) >= len(delays)


def test_the_time_a_clock_was_stopped_does_not_count_against_the_target() -> None:
    slow = a_story(1, timedelta(minutes=90), timedelta(minutes=40), 1)
    assert slow.is_on_time
    assert not replace(slow, stopped=timedelta()).is_on_time
    assert replace(slow, target=None).is_on_time is None


def test_nothing_is_grouped_by_something_else() -> None:
    with pytest.raises(NotFoundError):
        rules.groups([a_story(1, timedelta(), timedelta(), 1)], ["urgency", "patient"])


def signed(tx: Tx, world: make.World, minutes: int) -> ExamId:
    """A report signed just now, so many minutes after its images were complete."""
    exam_id = make_after.a_task(tx, world)
    now = clock.now() - timedelta(minutes=5)
    tx.run(
        "update reading.task set complete_at = %(at)s, state = 'final' where exam_id = %(id)s",
        at=now - timedelta(minutes=minutes),
        id=exam_id,
    )
    tx.run(
        """
        insert into reading.transition
          (exam_id, event, from_state, to_state, at, person_id, role, site_id)
        values (%(id)s, 'signed', 'reading', 'signed', %(at)s, %(by)s, 'reader', %(site)s)
        """,
        id=exam_id,
        at=now,
        by=world.reader_id,
        site=world.site_id,
    )
    return exam_id


@pytest.fixture
def boss(tx: Tx) -> Caller:
    world = make.a_world(tx)
    for minutes in (10, 20, 90):
        signed(tx, world, minutes)
    coordinator = make.a_person(tx, "regulation")
    return make.a_caller(coordinator, world.site_id, role=Role.COORDINATOR)


def test_the_figures_are_those_of_the_rows(tx: Tx, boss: Caller) -> None:
    by = ("modality", "urgency")
    shown = service.shown(tx, boss, by=by, days=1, now=clock.now())
    whole = shown.groups[-1]
    assert [one.values for one in shown.groups] == [("CT", "U0"), ()]
    assert whole.exams == 3
    assert whole.turnaround
    assert [whole.turnaround.p50, whole.turnaround.longest] == [
        timedelta(minutes=20), timedelta(minutes=90),
    ]  # fmt: skip
    found = service.behind(tx, boss, by=by, values=("CT", "U0"), days=1, now=clock.now())
    assert not service.behind(tx, boss, by=by, values=("CT", "U1"), days=1, now=clock.now())
    assert [one.turnaround for one in found] == [
        timedelta(minutes=minutes) for minutes in (90, 20, 10)
    ]


def test_an_exam_counts_when_it_was_first_signed_only(tx: Tx, boss: Caller) -> None:
    now = clock.now()
    again = service.behind(tx, boss, by=("site",), values=(), days=1, now=now)[0].exam_id
    tx.run(
        """
        insert into reading.transition
          (exam_id, event, from_state, to_state, at, person_id, role, site_id)
        select exam_id, event, from_state, to_state, %(before)s, person_id, role, site_id
        from reading.transition where exam_id = %(id)s and to_state = 'signed'
        """,
        before=now - timedelta(days=3),
        id=again,
    )
    day = service.shown(tx, boss, by=("site",), days=1, now=now)
    week = service.shown(tx, boss, by=("site",), days=7, now=now)
    assert (day.groups[-1].exams, week.groups[-1].exams) == (2, 3)


def test_other_sites_and_other_roles_see_nothing(tx: Tx, boss: Caller) -> None:
    elsewhere = make.a_site(tx, "AUTRE")
    other = make.a_caller(boss.person_id, elsewhere, role=Role.COORDINATOR)
    assert service.shown(tx, other, by=("site",), days=1, now=clock.now()).groups[-1].exams == 0
    requester = replace(boss, roles={Role.REQUESTER: boss.sites})
    with pytest.raises(NotFoundError):
        service.shown(tx, requester, by=("site",), days=1, now=clock.now())


@pytest.fixture
def page(db: Db, blobs: Blobs, tx: Tx, boss: Caller) -> Iterator[TestClient]:
    tx.connection.commit()
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: replace(boss, language="en"))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("by", GROUPS)
def test_each_grouping_is_a_page_a_spreadsheet_and_a_list_of_exams(
    page: TestClient, by: str
) -> None:
    asked = f"days=1&by={by}"
    assert "<b>20</b>" in page.get(f"/indicators?{asked}").text
    text = page.get(f"/indicators/file.csv?{asked}").text.lstrip("\ufeff")
    lines = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert (lines[-1]["exams"], lines[-1]["turnaround_p50"]) == ("3", "20.0")
    book = load_workbook(io.BytesIO(page.get(f"/indicators/file.xlsx?{asked}").content))
    assert book.worksheets[0].max_row == len(lines) + 1
    assert "the 3 slowest" in page.get(f"/indicators/exams?{asked}").text
    crossed = page.get(f"/indicators?{asked}&then=modality").text
    assert "<b>20</b>" in crossed
    assert "&amp;value=CT" in crossed
    sheet = page.get(f"/indicators/file.csv?{asked}&then=modality").text
    assert "modality" in sheet.splitlines()[0]
    assert "CT" in sheet


@pytest.mark.parametrize(
    ("query", "status"),
    [("days=3", 400), ("by=patient", 404), ("days=x", 422)],
)
def test_what_makes_no_sense_is_refused(page: TestClient, query: str, status: int) -> None:
    assert page.get(f"/indicators?{query}").status_code in {status, 400}


def test_a_period_without_reports_says_so(page: TestClient, db: Db) -> None:
    with db.begin() as tx:
        tx.run("alter table reading.transition disable trigger append_only")
        tx.run("delete from reading.transition")
    assert "No report was signed in this period." in page.get("/indicators").text
