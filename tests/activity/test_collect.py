"""What rosters, duties and signed exams become in the ledger, once and only once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from activity import sarthe
from activity.test_money import AGREEMENT
from plateau.activity import rules
from plateau.activity.collect import service
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Fact
from plateau.kernel.ids import ExamId
from plateau.platform.db import Db, Tx
from plateau.territory import file
from plateau.territory import service as territory

MORNING = datetime(2026, 10, 25, 7, 30, tzinfo=UTC)  # the night before had 13 hours
NOW = MORNING + timedelta(days=1)


def a_post(tx: Tx, *, machine: str, login: str, state: str = "published") -> None:
    """A session of a roster in which somebody holds it."""
    values = {
        "period": uuid4(), "version": uuid4(), "post": uuid4(), "machine": machine,
        "site": sarthe.site(tx, "MN"), "person": sarthe.person(tx, login), "state": state,
        "at": MORNING, "end": MORNING + timedelta(hours=4),
    }  # fmt: skip
    tx.run(
        """
        with p as (
          insert into planning.period (period_id, first_on, last_on, problem, loaded_at)
          values (%(period)s, %(at)s::date, %(at)s::date, '{}', %(at)s)),
        v as (
          insert into planning.version (version_id, period_id, number, state, author, made_at)
          values (%(version)s, %(period)s, 1, %(state)s, 'test', %(at)s)),
        x as (
          insert into planning.post (post_id, period_id, kind, day, half, starts_at, ends_at,
                                     site_id, name, needed, machine)
          values (%(post)s, %(period)s, 'session', %(at)s::date, 'M', %(at)s, %(end)s, %(site)s,
                  'Vacation', 1, %(machine)s))
        insert into planning.assignment (version_id, post_id, person_id, position)
        values (%(version)s, %(post)s, %(person)s, 1)
        """,
        **values,
    )


def test_a_session_of_a_published_roster_counts_once_it_is_over(db: Db) -> None:
    with db.begin() as tx:
        sarthe.load(tx)
        a_post(tx, machine="TEP_1", login="sarthe5")

        assert service.collect(tx, now=MORNING + timedelta(hours=2)) == 0
        assert service.collect(tx, now=NOW) == 1
        assert service.collect(tx, now=NOW) == 0

        fact = ledger.entry(tx, 1)
        assert (fact.kind, fact.machine, fact.session_member) == ("session_held", "TEP_1", "CJB")
        assert (fact.minutes, fact.status, fact.patient_member) == (240, "private", "CCS")


def test_drafts_and_machines_without_agreement_do_not_count(db: Db) -> None:
    with db.begin() as tx:
        sarthe.load(tx)
        a_post(tx, machine="TEP_1", login="sarthe5", state="draft")

        assert service.collect(tx, now=NOW) == 0


def test_a_duty_counts_with_its_real_hours_when_the_clock_goes_back(db: Db) -> None:
    path = sarthe.FILE.with_name("carpentras.toml")
    with db.begin() as tx:
        parsed = file.parse(path.read_text("utf-8"), path.name)
        territory.load(tx, parsed, at=datetime(2026, 1, 2, tzinfo=UTC))
        tx.run(
            """
            insert into planning.duty (duty_id, line_id, person_id, position, starts_at, ends_at)
            select %(id)s, line_id, person_id, 1, '2026-10-24 18:00+00', '2026-10-25 07:00+00'
            from territory.line, access.account
            where code = 'GARDE' and login = 'carpentras4'
            """,
            id=uuid4(),
        )

        assert service.collect(tx, now=NOW) == 1

        fact = ledger.entry(tx, 1)
        assert (fact.kind, fact.session, fact.reader_member) == ("duty", "GARDE", "SYN")
        assert (fact.minutes, fact.happened_on) == (13 * 60, date(2026, 10, 24))


def test_an_exam_makes_a_fee_where_an_agreement_shares_those_of_its_machine() -> None:
    reading = Fact(
        key="reading:1", kind="reading", happened_on=date(2026, 3, 1), exam_id=ExamId(uuid4()),
        modality="CT", machine="CT_1", reader_member="A",
    )  # fmt: skip

    (fee,) = rules.fee_of(reading, [AGREEMENT])

    assert (fee.kind, fee.exam_id, fee.reader_member) == ("fee", reading.exam_id, "A")
    for without in (
        replace(AGREEMENT, operator=None),
        replace(AGREEMENT, valid_to=date(2026, 3, 1)),
        replace(AGREEMENT, valid_from=date(2026, 3, 2)),
        replace(AGREEMENT, machines=()),
    ):
        assert list(rules.fee_of(reading, [without])) == []
    assert list(rules.fee_of(replace(reading, modality="NM"), [AGREEMENT])) == []
