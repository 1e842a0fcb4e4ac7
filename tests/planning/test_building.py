"""The problem of a period, from the territory as its file says it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from make import a_site
from planning.publication.little import Pool, a_pool
from planning.roster.build import all_held, codes, contracted, post
from plateau.entry import territory_file
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.time import instant
from plateau.planning import building, service
from plateau.planning.publication.queries import versions
from plateau.planning.publication.service import desk, drafting, publishing
from plateau.planning.roster import check, counting
from plateau.planning.roster.types import (
    Assignment,
    Kind,
    Post,
    Problem,
    Roster,
    Setting,
    Span,
    Status,
)
from plateau.planning.types import Hours, RosterEntry
from plateau.planning.types import Roster as Published
from plateau.platform.db import Tx, json
from plateau.territory import file, rows
from plateau.territory import service as territory
from territory.broken import SHIPPED

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = date(2027, 1, 4)
LAST = FIRST + timedelta(days=91 - 1)


def loaded(tx: Tx, text: str = "") -> Problem:
    text = text or SHIPPED.read_text("utf-8")
    territory.load(tx, file.parse(text, "essai.toml"), at=AT)
    return building.problem(tx, first=FIRST, last=LAST)


def duties(problem: Problem, on: date) -> list[Post]:
    return [post for post in problem.posts if post.kind is Kind.DUTY and post.on == on]


def test_the_shipped_territory_makes_a_quarter(tx: Tx) -> None:
    problem = loaded(tx)

    assert len(problem.people) == 26
    assert all(person.contracts[0].status is Status.HOSPITAL for person in problem.people)
    assert 1_100 <= sum(post.kind is Kind.SESSION for post in problem.posts) <= 1_200
    assert date(2027, 3, 29) in problem.holidays
    assert problem.travel_minutes[rows.site_id("MDM"), rows.site_id("BAYONNE")] == 85
    assert {share.family for share in problem.shares} == {"SCAN-DAX", "IRM-MDM", "SCAN-STPALAIS"}
    assert counting.impossible(problem) == []
    assert building.problem(tx, first=FIRST, last=LAST) == problem


def test_the_first_reader_of_a_night_starts_early_and_the_second_on_time(tx: Tx) -> None:
    night = [post for post in duties(loaded(tx), FIRST) if post.name == "Garde commune de nuit"]

    starts = [(post.starts_at, post.first_position, post.needed) for post in night]
    assert starts == [(instant(FIRST, time(18)), 1, 1), (instant(FIRST, time(20)), 2, 1)]


def test_a_site_closed_for_a_night_is_not_waited_for(tx: Tx) -> None:
    text = SHIPPED.read_text("utf-8").replace(
        'closed = [{ site = "STPALAIS", on = 2027-02-13 }]',
        'closed = [{ site = "STPALAIS", on = 2027-02-13 }, { site = "MDM", on = 2027-02-13 }]',
    )
    night = [p for p in duties(loaded(tx, text), date(2027, 2, 13)) if "nuit" in p.name]

    assert [(post.starts_at, post.needed) for post in night] == [
        (instant(date(2027, 2, 13), time(20)), 2)
    ]


def test_a_site_closed_for_a_night_is_answered_for_by_nobody(tx: Tx) -> None:
    loaded(tx)
    line, reader = rows.line_id("NUIT"), rows.person_id("EXEMPLE")
    hours = Hours(starts_at=time(20), ends_at=time(8), first_starts_at=time(18))
    nights = [date(2027, 2, 13), date(2027, 2, 14)]
    entries = tuple(RosterEntry(line_id=line, on=night, people=(reader,)) for night in nights)
    service.publish(tx, Published(lines={line: hours}, entries=entries), at=AT)

    answering = [
        [bool(service.on_duty(tx, site_id=rows.site_id(site), at=instant(night, time(22))))
         for site in ("STPALAIS", "MDM")]
        for night in nights
    ]  # fmt: skip
    assert answering == [[False, True], [True, True]]


def test_a_private_operator_ends_the_duty_of_the_evening(tx: Tx) -> None:
    text = SHIPPED.read_text("utf-8").replace(
        'name = "Garde commune de nuit"',
        'name = "Garde commune de nuit"\n'
        'operator = { name = "Nuit SA", starts_at = 23:30:00, ends_at = 08:00:00 }',
    )
    night = [post for post in duties(loaded(tx, text), FIRST) if "nuit" in post.name]

    assert {post.ends_at for post in night} == {instant(FIRST, time(23, 30))}


@pytest.mark.parametrize(
    ("clock", "days_after", "found"),
    [
        (time(23, 29), 0, []),
        (time(23, 30), 0, ["Nuit SA"]),
        (time(8, 29), 1, ["Nuit SA"]),
        (time(8, 30), 1, []),
    ],
)
def test_a_private_operator_is_on_call_in_the_deep_night(
    tx: Tx, clock: time, days_after: int, found: list[str]
) -> None:
    text = SHIPPED.read_text("utf-8").replace(
        'name = "Garde commune de nuit"',
        'name = "Garde commune de nuit"\noperator = { name = "Nuit SA", phone = "05 00 00 00 09",'
        " starts_at = 23:30:00, ends_at = 08:30:00 }",
    )
    loaded(tx, text)

    at = instant(date(2027, 2, 13) + timedelta(days=days_after), clock)
    entries = {entry.site.site_id: entry for entry in service.on_call(tx, at=at)}
    entry = entries[rows.site_id("MDM")]

    assert [one.name for one in entry.operators] == found
    assert {one.phone for one in entry.operators} <= {"05 00 00 00 09"}
    assert entry.is_covered is bool(found)
    answering = service.answering(tx, site_id=rows.site_id("MDM"), at=at)
    assert [one.name for one in answering] == found
    summary = [one.split("\t") for one in territory_file.summary(tx, at=at)]
    assert ([entry.site.name, "Nuit SA"] in summary) is bool(found)
    for outside in ("SJPP", "STPALAIS"):  # of no night line; closed on that night
        assert entries[rows.site_id(outside)].operators == ()


def test_sessions_are_closed_on_public_holidays_and_held_on_their_own_dates(tx: Tx) -> None:
    problem = loaded(tx)

    monday = date(2027, 3, 29)  # of Easter
    assert not [p for p in problem.posts if p.kind is Kind.SESSION and p.on == monday]
    meetings = [post.on for post in problem.posts if post.name.startswith("Réunion")]
    assert meetings[:2] == [date(2027, 1, 14), date(2027, 1, 28)]


def test_a_decision_goes_before_the_law_and_duties_before_count(tx: Tx) -> None:
    loaded(tx)
    tx.run(
        """
        insert into planning.rule_setting values
          (gen_random_uuid(), 'daily_rest', '2027-02-01', null, false, true, 0, %(numbers)s,
           'essai', true, null, now())
        """,
        numbers=json({"hours": 11}),
    )
    line, reader = rows.line_id("NUIT"), rows.person_id("EXEMPLE")
    hours = Hours(starts_at=time(20), ends_at=time(8), first_starts_at=time(18))
    eve = FIRST - timedelta(days=1)
    entry = RosterEntry(line_id=line, on=eve, people=(reader,))
    service.publish(tx, Published(lines={line: hours}, entries=(entry,)), at=AT)

    problem = building.problem(tx, first=FIRST, last=LAST)

    found = check.decided(problem, "daily_rest")
    assert isinstance(found(date(2027, 1, 31)), Setting)
    assert found(date(2027, 2, 1)) is None
    assert [(post.on, held.person_id) for post, held in problem.before] == [(eve, reader)]
    assert {b.rule for b in check.check(problem, Roster(assignments=frozenset()))} >= {"cover"}


def lived(tx: Tx, last: date, *posts: Post) -> tuple[Pool, Problem]:
    """A little pool whose first doctor held these posts up to a day, and the days that follow."""
    pool = a_pool(tx)
    problem = replace(pool.problem, last=last, posts=posts, settings=())
    period = desk.keep_period(tx, problem, now=AT)
    held = frozenset(Assignment(post.post_id, pool.doctors[0]) for post in posts)
    draft = drafting.begin(tx, pool.coordinator, period.period_id, held=held, reason="", now=AT)
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=AT)
    drafting.begin(tx, pool.coordinator, period.period_id, held=(), reason="", now=AT)
    first = last + timedelta(days=1)
    made = building.problem(tx, first=first, last=first + timedelta(days=13))
    person = replace(pool.problem.people[0], contracts=contracted())
    return pool, replace(made, people=(person,))


def work(pool: Pool, on: date, start: time, end: time) -> Post:
    return post(on, start, end, site_id=pool.site_id)


def test_leave_granted_and_wishes_are_part_of_what_is_known(tx: Tx) -> None:
    loaded(tx)
    reader = rows.person_id("EXEMPLE")
    tx.run(
        """
        insert into planning.leave
          (leave_id, person_id, first_on, last_on, status, asked_at)
        values (gen_random_uuid(), %(who)s, %(first)s, %(first)s, 'granted', now()),
               (gen_random_uuid(), %(who)s, %(last)s, %(last)s, 'asked', now())
        """,
        who=reader,
        first=FIRST,
        last=LAST,
    )
    tx.run(
        "insert into planning.wish values"
        " (gen_random_uuid(), %(who)s, %(on)s, 'off', 'N', 5, false, now())",
        who=reader,
        on=FIRST,
    )

    problem = desk.as_known(tx, first=FIRST, last=LAST, now=AT)

    (one,) = (person for person in problem.people if person.person_id == reader)
    assert one.leave == (Span(first=FIRST, last=FIRST),)
    assert [(wish.on, wish.points) for wish in one.wishes] == [(FIRST, 5)]
    assert versions.periods(tx) == []


@pytest.mark.parametrize(("start", "is_rested"), [(time(8, 29), False), (time(8, 30), True)])
def test_a_session_of_the_eve_is_rested_from_at_the_border_of_two_periods(
    tx: Tx, start: time, is_rested: bool
) -> None:
    eve, monday = FIRST + timedelta(days=6), FIRST + timedelta(days=7)
    late = post(eve, time(13, 30), time(21, 30))
    pool, problem = lived(tx, eve, replace(late, site_id=a_site(tx, "TARD")))
    early = work(pool, monday, start, time(12))

    after = replace(problem, posts=(early,))
    found = check.check(after, all_held(after, pool.doctors[0]))

    assert [(before.on, held.person_id) for before, held in after.before] == [
        (eve, pool.doctors[0])
    ]
    assert ("daily_rest" not in codes(found)) is is_rested


@pytest.mark.parametrize(("days", "most"), [(3, True), (4, False)])
def test_half_days_of_a_week_cut_in_two_are_counted_on_both_sides(
    tx: Tx, days: int, most: bool
) -> None:
    tuesday = FIRST + timedelta(days=1)
    a_day = ((time(8, 30), time(12, 30)), (time(13, 30), time(17, 30)))
    site = a_site(tx, "DEUX")
    before = [replace(post(on, *hours), site_id=site) for on in (FIRST, tuesday) for hours in a_day]
    pool, problem = lived(tx, tuesday, *before)
    wednesday = tuesday + timedelta(days=1)
    after = replace(
        problem,
        posts=tuple(
            work(pool, wednesday + timedelta(days=n), *hours)
            for n in range(days)
            for hours in a_day
        ),
    )

    found = check.check(after, all_held(after, pool.doctors[0]))

    assert len(after.before) == 4
    assert ("half_days" not in codes(found)) is most


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ('[[contract]]\nperson = "PERSONNE"\nstatus = "hospital"\n', "no person has the code"),
        ('[[contract]]\nperson = "EXEMPLE"\nstatus = "hospital"\n', "overlaps the one at line"),
        ('[[contract]]\nperson = "REGULATION"\nstatus = "secretary"\n', "contract.home is missing"),
        ('[[contract]]\nperson = "FABLE"\nstatus = "boss"\n', "contract.status must be"),
        ('[[session]]\ncode = "X"\nname = "X"\nsite = "NULLE"\ndays = ["mon"]\n', "no site has"),
        ('[[session]]\ncode = "X"\nname = "X"\nsite = "DAX"\n', "needs days of the week, or dates"),
        ('[[travel]]\nsites = ["DAX", "DAX"]\nminutes = 1\nsource = "x"\n', "at no distance"),
        ('[[share]]\nfamily = "IRM-MDM"\nshares = { CHCB = 0.5 }\n', "shares add up to 1"),
        ('[[share]]\nfamily = "RIEN"\nshares = { CHCB = 1.0 }\n', "no family of sessions has"),
    ],
)
def test_a_wrong_block_is_named_by_its_line(block: str, reason: str) -> None:
    text = SHIPPED.read_text("utf-8") + f"\n{block}valid_from = 2026-09-01\n"
    before = len(SHIPPED.read_text("utf-8").splitlines())

    with pytest.raises(InvalidInputError) as refused:
        file.parse(text, "essai.toml")

    assert reason in str(refused.value)
    lines = [int(line.split(":")[1]) for line in str(refused.value).splitlines()]
    assert all(line > before for line in lines)


def test_a_line_closes_only_sites_it_covers() -> None:
    text = SHIPPED.read_text("utf-8").replace(
        'closed = [{ site = "STPALAIS"', 'closed = [{ site = "SJPP"'
    )

    with pytest.raises(InvalidInputError, match="SJPP is not covered by NUIT"):
        file.parse(text, "essai.toml")
