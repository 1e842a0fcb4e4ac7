"""The chain of the ledger: what was written is what is there, or it shows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import LiteralString

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from plateau.activity.ledger import commands, queries, rules, service
from plateau.activity.ledger.types import Correction, Fact, Head
from plateau.kernel.errors import ConflictError, InvalidInputError, RuleBrokenError
from plateau.kernel.ids import ExamId
from plateau.platform.db import Db, Tx
from plateau.web import language

DAY = date(2026, 10, 25)  # the clock goes back
NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30)
facts = st.builds(
    Fact,
    key=st.uuids().map(str),
    kind=st.sampled_from(["session_held", "duty", "fee"]),
    happened_on=st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    exam_id=st.none() | st.uuids().map(ExamId),
    complete_at=st.none() | instants,
    machine=st.none() | words,
    session_member=st.none() | words,
    minutes=st.none() | st.integers(0, 10_000),
    reason=st.none() | words,
)


def session(n: int, member: str = "CHM", minutes: int = 240) -> Fact:
    return Fact(
        key=f"session:{n}",
        kind="session_held",
        happened_on=DAY + timedelta(days=n),
        session_member=member,
        machine="TEP1",
        minutes=minutes,
    )


def filled(db: Db, n: int = 10) -> None:
    with db.begin() as tx:
        assert service.append(tx, [session(i) for i in range(n)], at=NOW) == n


# The pool draws delays in threads of its own while examples are made.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(facts, max_size=8, unique_by=lambda fact: fact.key))
def test_what_the_database_answers_is_what_was_written(db: Db, some: list[Fact]) -> None:
    with db.begin() as tx:
        before = queries.head(tx)

        assert service.append(tx, some, at=NOW) == len(some)

        proof = service.verify(tx)
        assert proof.faults == ()
        assert proof.entries == before.entry_id + len(some)
        numbers = range(before.entry_id + 1, before.entry_id + 1 + len(some))
        assert [service.entry(tx, number) for number in numbers] == some
        tx.connection.rollback()


@given(st.permutations([session(n % 3, "AB"[n % 2]) for n in range(8)]))
def test_sums_do_not_depend_on_the_order_of_facts(some: list[Fact]) -> None:
    assert rules.sums(some) == rules.sums(sorted(some, key=lambda fact: fact.key))


def test_a_fact_is_counted_once_even_within_one_batch(tx: Tx) -> None:
    assert service.append(tx, [session(1), session(1)], at=NOW) == 1
    assert service.append(tx, [session(1), session(2)], at=NOW) == 1
    assert service.append(tx, [], at=NOW) == 0
    assert service.head(tx).entry_id == 2


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("update activity.entry set minutes = 241 where entry_id = 5", "altered"),
        ("update activity.entry set reason = '' where entry_id = 5", "altered"),
        ("update activity.entry set digest = sha256('x') where entry_id = 5", "altered"),
        ("delete from activity.entry where entry_id = 5", "missing"),
        ("delete from activity.entry where entry_id = 10", "head"),
    ],
)
def test_whatever_gets_round_the_trigger_is_found(db: Db, sql: LiteralString, what: str) -> None:
    filled(db)
    with db.begin() as tx:
        tx.run("alter table activity.entry disable trigger append_only")
        tx.run(sql)

        found = service.verify(tx).faults

    assert (found[0].what, found[0].entry_id) == (what, 10 if what == "head" else 5)


def test_a_chain_written_again_is_not_the_one_that_was_signed_for(db: Db) -> None:
    filled(db)
    with db.begin() as tx:
        signed = service.head(tx)
        tx.run("alter table activity.entry disable trigger append_only")
        tx.run("delete from activity.entry")
        queries.move_head(tx, rules.START)
        service.append(tx, [session(i, minutes=300) for i in range(12)], at=NOW)

        assert service.verify(tx).faults == ()
        (fault,) = service.verify(tx, anchors=[signed]).faults
        gone = service.verify(tx, anchors=[Head(40, signed.digest)]).faults

    assert (fault.entry_id, fault.what) == (10, "signed")
    assert [(one.entry_id, one.what) for one in gone] == [(40, "cut")]


def test_a_correction_takes_back_and_says_what_counts_instead(db: Db) -> None:
    filled(db, 2)
    instead = session(1, member="CVH")
    correction = Correction(entry_id=2, on=DAY, reason="exchanged on the day", instead=instead)

    with db.begin() as tx:
        service.correct(tx, correction, at=NOW)

        assert [service.entry(tx, n).quantity for n in (2, 3, 4)] == [1, -1, 1]
        assert {service.entry(tx, n).corrects for n in (3, 4)} == {2}
        held = tx.values(
            "select session_member || sum(quantity) from activity.daily group by session_member"
            " order by session_member"
        )
        assert held == ["CHM1", "CVH1"]
        assert service.verify(tx).faults == ()
    with pytest.raises(ConflictError), db.begin() as tx:
        service.correct(tx, correction, at=NOW)
    with pytest.raises(RuleBrokenError), db.begin() as tx:
        service.correct(tx, replace(correction, entry_id=3), at=NOW)
    with pytest.raises(InvalidInputError), db.begin() as tx:
        service.correct(tx, replace(correction, entry_id=1, reason=" "), at=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cents": -1, "debit": "A", "credit": "B"},
        {"cents": 1, "debit": "A"},
        {"cents": 1, "debit": "A", "credit": "A"},
        {"debit": "A", "credit": "B"},
    ],
)
def test_money_that_makes_no_sense_is_refused_and_nothing_is_written(
    db: Db, wrong: dict[str, object]
) -> None:
    cost = Fact(key="cost:1", kind="cost", happened_on=DAY, head="staff", **wrong)  # pyright: ignore[reportArgumentType] - wrong on purpose

    with pytest.raises(InvalidInputError, match="cost:1"), db.begin() as tx:
        service.append(tx, [session(1), cost], at=NOW)

    with db.begin() as tx:
        assert service.head(tx).entry_id == 0


def test_the_sums_made_again_are_those_kept(db: Db) -> None:
    filled(db)
    with db.begin() as tx:
        service.correct(tx, Correction(entry_id=3, on=DAY, reason="not held"), at=NOW)
        kept = tx.values("select d::text from activity.daily d where quantity <> 0 order by 1")
        service.rebuild(tx)
        again = tx.values("select d::text from activity.daily d where quantity <> 0 order by 1")

    assert again == kept


def test_the_command_proves_and_names_what_was_altered(db: Db) -> None:
    filled(db, 3)
    with language.speaking("en"):
        sound = CliRunner().invoke(commands.app, ["verify"])
    assert (sound.exit_code, sound.stdout.splitlines()[0]) == (0, "3 entries, nothing altered")
    done = CliRunner().invoke(commands.app, ["correct", "2", "--reason", "not held"])
    assert done.exit_code == 0

    with db.begin() as tx:
        tx.run("alter table activity.entry disable trigger append_only")
        tx.run("update activity.entry set machine = 'TEP2' where entry_id = 2")
    with language.speaking("en"):
        broken = CliRunner().invoke(commands.app, ["verify"])

    assert broken.exit_code == 5
    assert "entry 2 was altered" in broken.stderr
