"""The pages of rosters, through the real application."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from planning.publication.little import (
    BEFORE,
    FIRST,
    LAST,
    Pool,
    a_draft,
    a_period,
    a_pool,
    holder,
    publish,
)
from plateau.entry import http
from plateau.kernel.caller import Caller
from plateau.planning.publication.queries import asked, versions
from plateau.planning.publication.service import desk
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

WEEK = f"on={FIRST}"


class Stage:
    """A published little roster, and anybody's browser."""

    def __init__(self, db: Db, blobs: Blobs) -> None:
        self.db, self.blobs = db, blobs
        with db.begin() as tx:
            self.pool: Pool = a_pool(tx)
            self.period = a_period(tx, self.pool)
            self.version = publish(tx, self.pool, self.period)
            self.held = versions.assignments(tx, self.version.version_id)

    def as_(self, caller: Caller) -> TestClient:
        english = replace(caller, language="en")
        app = http.build(runtime.Runtime(self.db, self.blobs, Settings()), lambda _: english)
        return TestClient(app, headers={"X-CSRF-Token": caller.csrf, "Accept-Language": "en"})

    @property
    def boss(self) -> TestClient:
        return self.as_(self.pool.coordinator)

    def draft(self, *, but: tuple[int, ...] = ()) -> str:
        with self.db.begin() as tx:
            nights = [self.pool.night(n).post_id for n in but]
            return str(a_draft(tx, self.pool, self.period, but=nights).version_id)


@pytest.fixture
def stage(db: Db, blobs: Blobs) -> Stage:
    return Stage(db, blobs)


@pytest.mark.parametrize("view", ["week", "month", "quarter"])
@pytest.mark.parametrize("by", ["person", "site", "machine", "line"])
def test_the_roster_is_read_in_every_way(stage: Stage, view: str, by: str) -> None:
    page = stage.as_(stage.pool.doctor(0)).get(f"/roster?view={view}&by={by}&{WEEK}")
    assert page.status_code == 200
    assert "CT1" in page.text
    assert "data-roster" not in page.text  # a reader changes nothing


def test_a_reader_of_other_sites_sees_nothing_of_it(stage: Stage, db: Db) -> None:
    with db.begin() as tx:
        other = a_pool(tx, "AUTRE").doctor(1)
    page = stage.as_(other).get(f"/roster?{WEEK}")
    assert page.status_code == 200
    assert "CT1" not in page.text
    post = stage.pool.night(0).post_id
    assert stage.as_(other).get(f"/roster/posts/{post}").status_code == 404


def test_a_draft_is_hidden_from_readers(stage: Stage) -> None:
    draft = stage.draft()
    assert stage.as_(stage.pool.doctor(0)).get(f"/roster?version={draft}").status_code == 404
    page = stage.boss.get(f"/roster?version={draft}&{WEEK}&beside=1")
    assert page.text.count("<table") == 2


def test_a_draft_that_was_given_up_says_so(stage: Stage) -> None:
    draft = stage.draft()
    assert stage.boss.post(f"/roster/{draft}/drop").status_code == 200
    assert "given up" in stage.boss.get(f"/roster?version={draft}&{WEEK}").text


def test_a_move_sends_back_its_cells_or_409_and_the_reason(stage: Stage) -> None:
    draft = stage.draft(but=(8,))
    night, busy = stage.pool.night(8), holder(stage.held, stage.pool.session(8))
    cells = {"day": f"{night.on}", "half": "N", "post": f"{night.post_id}"}
    hx = {"HX-Request": "true"}
    url = f"/roster/{draft}/move?{WEEK}"
    tried = [
        stage.boss.post(url, data={**cells, "to": str(person)}, headers=hx)
        for person in stage.pool.doctors
    ]
    refused = [one for one in tried if one.status_code == 409]
    done = [one for one in tried if one.status_code == 200]
    assert len(done) == 1
    assert 'hx-swap-oob="true"' in done[0].text
    assert "<html" not in done[0].text
    assert all(one.headers["X-Plateau-Message"] for one in refused)
    assert busy in stage.pool.doctors
    undone = stage.boss.post(f"/roster/{draft}/undo?{WEEK}", headers=hx)
    assert undone.status_code == 200
    assert stage.boss.post(f"/roster/{draft}/undo", headers=hx).status_code == 409


def test_without_scripts_a_form_does_the_same(stage: Stage) -> None:
    draft = stage.draft(but=(8,))
    night = stage.pool.night(8)
    page = stage.boss.get(f"/roster/posts/{night.post_id}?version={draft}")
    assert "1 person is missing" in page.text
    best = re.findall(r'<option value="([0-9a-f-]{36})"', page.text)[0]
    answer = stage.boss.post(f"/roster/{draft}/hand", data={"post": str(night.post_id), "to": best})
    assert answer.status_code == 200
    assert "1 person is missing" not in answer.text


def test_a_post_nobody_is_able_to_hold_says_why_and_is_relaxed_in_one_click(
    stage: Stage, db: Db
) -> None:
    draft = stage.draft(but=(8,))
    night = stage.pool.night(8)
    with db.begin() as tx:
        for number, person in enumerate(stage.pool.doctors):
            tx.run(
                "insert into planning.leave (leave_id, person_id, first_on, last_on, status,"
                " asked_at) values (%(id)s, %(person)s, %(on)s, %(on)s, 'granted', %(at)s)",
                id=uuid4(),
                person=person,
                on=night.on,
                at=datetime(2026, 12, 1 + number, tzinfo=UTC),
            )
    page = stage.boss.get(f"/roster/posts/{night.post_id}?version={draft}")
    why = page.text.split("is away on that day")[1].partition("</p>")[0]  # said once, for all
    assert why.count("Dr ") == len(stage.pool.doctors)
    build = stage.boss.get("/roster/build")
    assert "Let this post stay empty" in build.text
    stage.boss.post(
        f"/roster/periods/{stage.period.period_id}/relax",
        data={"kind": "optional", "post": str(night.post_id)},
    )
    after = stage.boss.get("/roster/build")
    assert "a post that may stay empty" in after.text


def test_publishing_a_broken_roster_is_refused_in_words(stage: Stage) -> None:
    draft = stage.draft(but=(8,))
    answer = stage.boss.post(f"/roster/{draft}/publish")
    assert answer.status_code == 422
    assert "Garde de nuit" in answer.text


def test_versions_have_authors_and_differences(stage: Stage) -> None:
    with stage.db.begin() as tx:
        laid = desk.of_period(tx, stage.period.period_id, now=BEFORE)
    answer = stage.boss.post(f"/roster/periods/{stage.period.period_id}/draft")
    draft = str(answer.url).rpartition("version=")[2]
    session = stage.pool.session(9)
    stage.boss.post(
        f"/roster/{draft}/clear",
        data={"post": str(session.post_id), "of": str(holder(laid.current, session))},
    )
    stage.boss.post(
        f"/roster/periods/{stage.period.period_id}/accept",
        data={"rule": "cover", "post": str(session.post_id), "reason": "salle fermée"},
    )
    assert stage.boss.post(f"/roster/{draft}/publish").status_code == 200
    page = stage.boss.get(f"/roster/versions?version={draft}&period={stage.period.period_id}")
    assert "Camille RÉGUL" in page.text
    assert "→ <b>" in page.text
    old = stage.version.version_id
    again = stage.boss.post(f"/roster/{old}/publish", data={"reason": "retour"})
    assert again.status_code == 200


def test_my_roster_wishes_leave_and_calendar(stage: Stage, db: Db) -> None:
    me = stage.as_(stage.pool.doctor(2))
    page = me.post("/my/roster/wishes", data={"day": "2027-02-01", "half": "N", "points": "4"})
    assert "4 points" in page.text
    assert me.post("/my/roster/wishes", data={"day": "2027-02-02", "points": "19"}).is_client_error
    shown = me.post("/my/roster/calendar")
    address = re.search(r"/calendar/[\w-]+\.ics", shown.text)
    assert address
    app = http.build(runtime.Runtime(stage.db, stage.blobs, Settings()), lambda _: None)
    stranger = TestClient(app, follow_redirects=False)
    feed = stranger.get(address[0])
    assert feed.headers["content-type"].startswith("text/calendar")
    assert feed.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert max(map(len, feed.content.split(b"\r\n"))) <= 75
    me.post("/my/roster/calendar/revoke")
    assert stranger.get(address[0]).status_code == 404


def test_a_sick_call_is_replaced_in_one_click(stage: Stage) -> None:
    night = stage.pool.night(6)
    sick = holder(stage.held, night)
    page = stage.boss.post(
        "/roster/absences",
        data={"person": str(sick), "first": f"{night.on}", "last": f"{night.on}"},
    )
    assert "no binding rule broken" in page.text
    assert "Best choice: no binding rule is broken" in page.text
    form = re.search(r'name="by" value="([0-9a-f-]{36})"', page.text)
    assert form
    done = stage.boss.post(
        f"{page.url.path}/replace", data={"post": str(night.post_id), "by": form[1]}
    )
    assert done.status_code == 200
    with stage.db.begin() as tx:
        told = asked.notices(tx, next(d for d in stage.pool.doctors if str(d) == form[1]))
    assert "You have {post} on {day}" in {one.text for one in told}


def test_leave_is_entered_for_somebody_and_told_apart_from_sickness(stage: Stage) -> None:
    night = stage.pool.night(6)
    who = {"person": str(stage.pool.doctors[0]), "first": f"{night.on}", "last": f"{night.on}"}
    assert stage.boss.post("/roster/absences", data={**who, "kind": "leave"}).status_code == 200
    with stage.db.begin() as tx:
        (one,) = asked.absences(tx, first=FIRST, last=LAST, granted=True)
    assert (one.kind, one.state) == ("leave", "granted")
    assert stage.boss.post("/roster/absences", data={**who, "kind": "x"}).status_code == 400


def test_a_month_shows_the_days_of_its_period_and_no_post_of_another(stage: Stage, db: Db) -> None:
    with db.begin() as tx:
        later = timedelta(days=14)
        posts = tuple(
            replace(post, post_id=uuid4(), on=post.on + later, starts_at=post.starts_at + later,
                    ends_at=post.ends_at + later)
            for post in stage.pool.problem.posts
        )  # fmt: skip
        problem = replace(stage.pool.problem, first=FIRST + later, last=LAST + later, posts=posts)
        desk.keep_period(tx, problem, now=BEFORE)
    page = stage.boss.get(f"/roster?view=month&by=machine&{WEEK}").text
    assert "every post of these days is filled" in page
    assert page.count('class="day') == 14


def test_an_offer_is_made_and_taken_in_the_pages(stage: Stage) -> None:
    night = stage.pool.night(7)
    mine = stage.pool.doctors.index(holder(stage.held, night))
    page = stage.as_(stage.pool.doctor(mine)).post(
        "/roster/swaps", data={"post": str(night.post_id)}
    )
    assert "whoever is able" in page.text
    (swap,) = re.findall(r"/roster/swaps/([0-9a-f-]{36})/refuse", page.text)
    others = [stage.as_(stage.pool.doctor(n)) for n in range(6) if n != mine]
    answers = [one.post(f"/roster/swaps/{swap}/take").status_code for one in others]
    assert answers.count(200) == 1


def test_paper_and_spreadsheets(stage: Stage) -> None:
    wall = stage.boss.get(f"/roster.pdf?{WEEK}")
    assert wall.content.startswith(b"%PDF")
    duties = stage.boss.get("/roster/duties.pdf?month=2027-01")
    assert duties.content.startswith(b"%PDF")
    assert stage.boss.get("/roster/duties.pdf?month=janvier").status_code == 400
    book = load_workbook(BytesIO(stage.boss.get(f"/roster.xlsx?{WEEK}").content))
    sheet = book.worksheets[0]
    assert sheet["A2"].value == "Dr Ada EXEMPLE"
    assert isinstance(sheet["B1"].value, datetime)
    assert sheet["B1"].value.date() == date(2027, 1, 4)


def test_a_spreadsheet_is_read_back_and_an_import_with_unknown_names_is_told_by_cell(
    stage: Stage,
) -> None:
    content = stage.boss.get(f"/roster.xlsx?{WEEK}").content
    period = {"period": str(stage.period.period_id)}
    back = stage.boss.post("/roster/import", data=period, files={"file": ("r.xlsx", content)})
    draft = str(back.url).rpartition("version=")[2]
    with stage.db.begin() as tx:
        read = versions.versions(tx, stage.period.period_id)[0]
        assert str(read.version_id) == draft
        assert versions.assignments(tx, read.version_id) == stage.held
    book = load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    sheet["A3"] = "Dr Personne INCONNU"
    sheet["C2"] = "M Scanner de Mars"
    sheet["D1"] = "demain"
    out = BytesIO()
    book.save(out)
    wrong = stage.boss.post(
        "/roster/import", data=period, files={"file": ("r.xlsx", out.getvalue())}
    )
    assert wrong.status_code == 400
    for cell in ("A3", "C2", "D1"):
        assert f'<th scope="row">{cell}</th>' in wrong.text
    assert "INCONNU" in wrong.text
    none = stage.boss.post("/roster/import", data=period, files={"file": ("r.xlsx", b"no")})
    assert none.status_code == 400


def test_equity_shows_target_and_done(stage: Stage) -> None:
    page = stage.as_(stage.pool.doctor(0)).get("/equity")
    assert "Week nights" in page.text
    assert "Dr Ada EXEMPLE" in page.text
    assert "Sessions of" not in page.text  # nothing is shared there
    mine = stage.as_(stage.pool.doctor(0)).get("/my/roster")
    assert mine.status_code == 200


def test_only_a_coordinator_builds(stage: Stage) -> None:
    reader = stage.as_(stage.pool.doctor(0))
    assert reader.get("/roster/build").status_code == 422
    assert reader.get("/roster/versions").status_code == 422
    again = {"first": f"{FIRST}", "last": f"{LAST}", "seconds": "5"}
    assert reader.post("/roster/build", data=again).status_code == 422


def test_nothing_at_all_is_said_in_words(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        pool = a_pool(tx)
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: pool.coordinator)
    client = TestClient(app)
    for path in ("/roster", "/my/roster", "/roster/swaps", "/equity", "/roster/versions",
                 "/roster/build"):  # fmt: skip
        page = client.get(path)
        assert page.status_code == 200, path
