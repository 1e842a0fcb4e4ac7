"""What rosters are made from, changed in pages: the planner and the worklist live by it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from make import a_caller, a_person
from plateau.entry import http
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.kernel.time import local
from plateau.planning import building
from plateau.planning.grounds import queries, service
from plateau.planning.grounds.types import CoverWish, Days, LineWish, Right, ShareWish
from plateau.planning.roster.types import Kind, Post
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings
from plateau.territory import file, rows
from plateau.territory import service as territory
from territory.broken import SHIPPED

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = date(2027, 1, 4)
LAST = FIRST + timedelta(days=27)
STARTS, ENDS = FIRST + timedelta(days=7), FIRST + timedelta(days=13)
FROM = Days(first=STARTS, last=ENDS)  # the second week
WHY = "Décidé en réunion."


@pytest.fixture
def tx_(tx: Tx) -> Tx:
    territory.load(tx, file.parse(SHIPPED.read_text("utf-8"), "essai.toml"), at=AT)
    return tx


def posts(tx: Tx) -> list[Post]:
    return list(building.problem(tx, first=FIRST, last=LAST).posts)


def boss_of(tx: Tx, *sites: UUID, role: Role = Role.COORDINATOR) -> Caller:
    person = PersonId(UUID(queries.people(tx, on=FIRST)[0].code))
    return a_caller(person, *(SiteId(site) for site in sites), role=role)


def everywhere(tx: Tx, role: Role = Role.COORDINATOR) -> Caller:
    return boss_of(tx, *(one.site_id for one in territory.sites(tx)), role=role)


def may_read(tx: Tx, right: Right, modality: str, on: date) -> bool:
    site = SiteId(UUID(right.what))
    return territory.may_read(tx, person_id=right.person_id, site_id=site, modality=modality, on=on)


def a_privilege(tx: Tx, *, is_given: bool) -> Right:
    one = next(held for held in queries.held(tx, on=FIRST) if held.kind == "privilege")
    return Right(
        kind="privilege", person_id=one.person_id, what=one.what, is_given=is_given, days=FROM
    )


def test_who_may_work_somewhere_counts_for_the_worklist_and_the_planner(tx_: Tx) -> None:
    right = a_privilege(tx_, is_given=False)
    modality = next(
        one.what
        for one in queries.held(tx_, on=FIRST)
        if one.kind == "skill" and one.person_id == right.person_id
    )
    assert may_read(tx_, right, modality, STARTS)
    made = service.give(tx_, everywhere(tx_), right, reason=WHY, now=AT)
    days = [STARTS - timedelta(days=1), STARTS, ENDS, ENDS + timedelta(days=1)]
    assert [may_read(tx_, right, modality, on) for on in days] == [True, False, False, True]
    person = next(
        one for one in building.people(tx_, first=FIRST, last=LAST)
        if one.person_id == right.person_id
    )  # fmt: skip
    spans = [one.span for one in person.privileges if one.what == right.what]
    assert [span.holds(STARTS) for span in spans].count(True) == 0
    service.withdraw(tx_, everywhere(tx_), made, now=AT)
    assert may_read(tx_, right, modality, STARTS)


def session(**other: object) -> dict[str, object]:
    return {
        "code": "ESSAI",
        "name": "Séance d'essai",
        "site": "BAYONNE",
        "days": ["tue"],
        "halves": ["M"],
        "valid_from": STARTS,
        "valid_to": None,
        **other,
    }


def a_site_code(tx: Tx) -> str:
    return territory.sites(tx)[0].code


def test_a_new_session_is_asked_of_the_planner_and_ends_when_it_is_ended(tx_: Tx) -> None:
    boss, code = everywhere(tx_), a_site_code(tx_)
    service.add_session(tx_, boss, session(site=code), reason=WHY, now=AT)
    mine = [post.on for post in posts(tx_) if post.name == "Séance d'essai"]
    assert mine == [FIRST + timedelta(days=7 * n + 1) for n in (1, 2, 3)]
    over = Days(first=FIRST + timedelta(days=21), last=None)
    service.end_session(tx_, boss, "ESSAI", over, reason=WHY, now=AT)
    assert [post.on for post in posts(tx_) if post.name == "Séance d'essai"] == mine[:2]
    assert territory.load(tx_, file.parse(SHIPPED.read_text("utf-8"), "e.toml"), at=AT) == []
    assert [post.on for post in posts(tx_) if post.name == "Séance d'essai"] == mine[:2]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"days": []}, "days of the week"),
        ({"halves": []}, "halves"),
        ({"starts_at": time(9)}, "go together"),
        ({"name": ""}, "empty"),
        ({"code": "é"}, "code"),
    ],
)
def test_a_session_that_makes_no_sense_is_refused_in_the_words_of_the_file(
    tx_: Tx, other: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        typed = {**session(site=a_site_code(tx_)), **other}
        service.add_session(tx_, everywhere(tx_), typed, reason=WHY, now=AT)


def test_a_session_at_an_unknown_site_is_refused(tx_: Tx) -> None:
    with pytest.raises(NotFoundError):
        typed = session(site="NULLEPART")
        service.add_session(tx_, everywhere(tx_), typed, reason=WHY, now=AT)


def needed(tx: Tx, line_id: LineId) -> dict[date, int]:
    found: dict[date, int] = {}
    for post in posts(tx):
        if post.kind is Kind.DUTY and post.line_id == line_id:
            found[post.on] = found.get(post.on, 0) + post.needed
    return found


def test_a_line_has_one_reader_more_for_a_week(tx_: Tx) -> None:
    line = queries.lines(tx_, on=FIRST)[0]
    before = needed(tx_, line.line_id)
    wish = LineWish(
        line_id=line.line_id, readers=line.readers + 1, starts_at=None, ends_at=None, days=FROM
    )
    service.change_line(tx_, everywhere(tx_), wish, reason=WHY, now=AT)
    after = needed(tx_, line.line_id)
    for on, count in before.items():
        assert after[on] - count == (STARTS <= on <= ENDS)


def test_a_line_no_longer_covers_a_site_then_does_from_another_hour(tx_: Tx) -> None:
    one = queries.covered(tx_, on=FIRST)[0]
    gone = CoverWish(line_id=one.line_id, site_id=one.site_id, starts_at=None, days=FROM)
    boss = everywhere(tx_)
    service.cover(tx_, boss, gone, reason=WHY, now=AT)
    later = replace(gone, starts_at=time(21), days=Days(first=ENDS, last=None))
    service.cover(tx_, boss, later, reason=WHY, now=AT)
    found = [
        (row.starts_at, row.valid_from)
        for row in queries.covered(tx_, on=FIRST)
        if (row.line_id, row.site_id) == (one.line_id, one.site_id)
    ]
    assert found == [(one.starts_at, one.valid_from), (time(21), ENDS)]


def test_two_sites_are_further_apart_both_ways(tx_: Tx) -> None:
    one, other = [site.code for site in territory.sites(tx_)[:2]]
    typed = {
        "sites": (one, other),
        "minutes": 77,
        "source": "Mesuré.",
        "valid_from": FIRST,
        "valid_to": None,
    }
    service.set_travel(tx_, everywhere(tx_), typed, reason=WHY, now=AT)
    known = building.problem(tx_, first=FIRST, last=LAST).travel_minutes
    a, b = rows.site_id(one), rows.site_id(other)
    assert (known[a, b], known[b, a]) == (77, 77)
    with pytest.raises(InvalidInputError, match="at no distance"):
        service.set_travel(tx_, everywhere(tx_), {**typed, "sites": (one, one)}, reason=WHY, now=AT)


def test_shares_add_up_and_are_for_an_administrator(tx_: Tx) -> None:
    boss, code = everywhere(tx_, Role.ADMINISTRATOR), a_site_code(tx_)
    typed = session(site=code, family="TEP")
    service.add_session(tx_, everywhere(tx_), typed, reason=WHY, now=AT)
    one, other = [member.code for member in territory.members(tx_)[:2]]
    wish = ShareWish(
        family="TEP",
        percents={one: 60, other: 40},
        tolerance=1,
        days=Days(first=FIRST, last=None),
    )
    made = service.set_share(tx_, boss, wish, reason=WHY, now=AT)
    (target,) = [
        share for share in building.problem(tx_, first=FIRST, last=LAST).shares
        if share.family == "TEP"
    ]  # fmt: skip
    assert sorted(target.shares.values()) == [0.4, 0.6]
    with pytest.raises(InvalidInputError, match="add up"):
        service.set_share(tx_, boss, replace(wish, percents={one: 60}), reason=WHY, now=AT)
    with pytest.raises(InvalidInputError, match="family of sessions"):
        service.set_share(tx_, boss, replace(wish, family="RIEN"), reason=WHY, now=AT)
    with pytest.raises(RuleBrokenError):
        service.set_share(tx_, everywhere(tx_), wish, reason=WHY, now=AT)
    with pytest.raises(RuleBrokenError):
        service.withdraw(tx_, everywhere(tx_), made, now=AT)


def test_a_coordinator_changes_what_is_about_their_sites_only(tx_: Tx) -> None:
    right = a_privilege(tx_, is_given=False)
    other = next(s.site_id for s in territory.sites(tx_) if str(s.site_id) != right.what)
    with pytest.raises(RuleBrokenError, match="sites concerned"):
        service.give(tx_, boss_of(tx_, other), right, reason=WHY, now=AT)
    made = service.give(tx_, boss_of(tx_, UUID(right.what)), right, reason=WHY, now=AT)
    with pytest.raises(RuleBrokenError):
        service.withdraw(tx_, boss_of(tx_, other), made, now=AT)
    with pytest.raises(RuleBrokenError):
        service.seen(tx_, boss_of(tx_, other, role=Role.READER), on=FIRST)
    with pytest.raises(NotFoundError):
        service.withdraw(tx_, everywhere(tx_), UUID(int=0), now=AT)


@pytest.fixture
def browser(db: Db, blobs: Blobs) -> TestClient:
    with db.begin() as tx:
        territory.load(tx, file.parse(SHIPPED.read_text("utf-8"), "essai.toml"), at=clock.now())
        sites = [one.site_id for one in territory.sites(tx)]
        person = PersonId(UUID(queries.people(tx, on=clock.now().date())[0].code))
    roles = {role: frozenset(sites) for role in (Role.COORDINATOR, Role.ADMINISTRATOR)}
    caller = Caller(person_id=person, name="Dr Essai", roles=roles, language="en", csrf="c")
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: caller)
    return TestClient(app, headers={"X-CSRF-Token": "c", "Accept-Language": "en"})


def test_the_page_changes_and_takes_back(browser: TestClient, db: Db) -> None:
    today = local(clock.now()).date()
    with db.begin() as tx:
        people, line = queries.people(tx, on=today), queries.lines(tx, on=today)[0]
        sites, members = territory.sites(tx), territory.members(tx)
        families = queries.families(tx)
    days = {"first": str(today), "last": "", "reason": WHY}
    forms: list[tuple[str, dict[str, object]]] = [
        ("rights", {"kind": "privilege", "person": people[0].code,
                    "what": str(sites[-1].site_id), "gives": "true"}),
        ("sessions", {"code": "essai", "name": "Séance", "site": sites[0].code, "family": "TEP",
                      "halves": ["M", "A"], "weekdays": ["mon"], "on": "", "needed": "1",
                      "skill": "", "machine": "", "starts_at": "", "ends_at": ""}),
        ("sessions/end", {"code": "ESSAI", "first": str(today + timedelta(days=9))}),
        ("lines", {"line": str(line.line_id), "readers": "", "starts_at": "19:00",
                   "ends_at": ""}),
        ("covers", {"line": str(line.line_id), "site": str(sites[0].site_id),
                    "starts_at": "17:30"}),
        ("travels", {"one": sites[0].code, "other": sites[1].code, "minutes": "33",
                     "source": "Mesuré."}),
        ("shares", {"family": families[0].code if families else "TEP", "tolerance": "1",
                    f"share.{members[0].code}": "100"}),
    ]  # fmt: skip
    for path, form in forms:
        answer = browser.post(f"/roster/grounds/{path}", data={**days, **form})
        assert answer.status_code == 200, (path, answer.text[:500])
    page = browser.get("/roster/grounds").text
    assert page.count("Take it back") == len(forms)
    ids = {part.split("/withdraw")[0] for part in page.split("/roster/grounds/")[1:]
           if "/withdraw" in part[:60]}  # fmt: skip
    for amendment_id in sorted(ids):
        assert browser.post(f"/roster/grounds/{amendment_id}/withdraw").status_code == 200
    assert "Everything is as the territory file says." in browser.get("/roster/grounds").text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (
            "rights",
            {"kind": "rien", "person": str(UUID(int=1)), "what": "x", "first": "2027-01-01"},
        ),
        ("sessions", {"first": "2027-01-01", "last": "9999-12-31", "reason": "x"}),
        ("shares", {"family": "TEP", "share.X": "nan", "first": "2027-01-01"}),
        ("shares", {"family": "TEP", "share.X": "beaucoup", "first": "demain"}),
        ("lines", {"line": str(UUID(int=1)), "readers": "1", "first": "2027-01-01", "reason": "x"}),
        ("travels", {"one": "A", "other": "B", "minutes": "1e9", "first": "2027-01-01"}),
    ],
)
def test_what_is_typed_wrong_is_said(browser: TestClient, path: str, form: dict[str, str]) -> None:
    assert 400 <= browser.post(f"/roster/grounds/{path}", data=form).status_code < 500


def test_a_right_that_goes_on_the_next_day_does_not_end(tx_: Tx) -> None:
    right = a_privilege(tx_, is_given=True)
    service.give(tx_, everywhere(tx_), right, reason=WHY, now=AT)
    before = (ENDS) + timedelta(days=2)
    assert service.ending(queries.held(tx_, on=FIRST), before=before) == []
    over = replace(right, is_given=False, days=Days(first=before - timedelta(days=1), last=None))
    service.give(tx_, everywhere(tx_), over, reason=WHY, now=AT)
    (one,) = service.ending(queries.held(tx_, on=FIRST), before=before)
    assert (one.person_id, one.what) == (right.person_id, right.what)


def test_the_past_stays_as_it_was(tx_: Tx) -> None:
    today = Days(first=AT.date(), last=None)
    right = replace(a_privilege(tx_, is_given=False), days=today)
    before = replace(right, days=Days(first=AT.date() - timedelta(days=1), last=None))
    with pytest.raises(InvalidInputError):
        service.give(tx_, everywhere(tx_), before, reason=WHY, now=AT)
    service.give(tx_, everywhere(tx_), right, reason=WHY, now=AT)


def test_a_session_takes_the_place_of_none_at_the_sites_of_others(tx_: Tx) -> None:
    taken = queries.grid(tx_, on=FIRST)[0]
    codes = {one.site_id: one.code for one in territory.sites(tx_)}
    other = next(site_id for site_id in codes if site_id != taken.site_id)
    wanted = session(code=taken.code, site=codes[other], halves=[taken.half])
    for site_id in (other, taken.site_id):
        with pytest.raises(RuleBrokenError):
            service.add_session(tx_, boss_of(tx_, site_id), wanted, reason=WHY, now=AT)
    service.add_session(tx_, boss_of(tx_, other, taken.site_id), wanted, reason=WHY, now=AT)


@pytest.mark.parametrize("kind", ["privilege", "skill"])
def test_who_does_not_read_has_no_right_of_readers(tx_: Tx, kind: str) -> None:
    site_id = territory.sites(tx_)[0].site_id
    person = a_person(tx_)
    tx_.run(
        """
        insert into territory.contract
          (person_id, status, home_site_id, share, half_days, takes_extra, valid_from)
        values (%(person)s, 'hospital_technologist', %(site)s, 1, 10, false, '2026-01-01')
        """,
        person=person,
        site=site_id,
    )
    what = str(site_id) if kind == "privilege" else "CT"
    right = Right(kind=kind, person_id=person, what=what, is_given=True, days=FROM)
    with pytest.raises(InvalidInputError):
        service.give(tx_, everywhere(tx_), right, reason=WHY, now=AT)


def test_a_tolerance_is_a_number(tx_: Tx) -> None:
    wish = ShareWish(
        family="SCAN-DAX", percents={"CHCB": 100}, tolerance=float("inf"), days=FROM
    )  # fmt: skip
    with pytest.raises(InvalidInputError, match="tolerance"):
        service.set_share(tx_, everywhere(tx_, Role.ADMINISTRATOR), wish, reason=WHY, now=AT)
