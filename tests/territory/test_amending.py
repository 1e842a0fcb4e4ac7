"""Changing the territory over its file: properties of the days, then the tables themselves."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import a_caller
from plateau.kernel.errors import ConflictError, InvalidInputError
from plateau.kernel.ids import PersonId
from plateau.platform.db import Tx
from plateau.territory import file, rows, service
from plateau.territory.amending import rules
from plateau.territory.amending import service as amending
from plateau.territory.amending.rules import Change
from plateau.territory.amending.types import Alteration, Made, Verb
from territory.broken import SMALL

START = date(2027, 1, 1)
DAYS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """Something that holds for a while."""

    what: str
    valid_from: date
    valid_to: date | None


def day(n: int) -> date:
    return START + timedelta(days=n)


@st.composite
def spans(draw: st.DrawFn) -> tuple[date, date | None]:
    first = draw(st.integers(0, DAYS - 1))
    length = draw(st.one_of(st.none(), st.integers(0, DAYS)))
    return day(first), None if length is None else day(first + length)


@st.composite
def changes(draw: st.DrawFn) -> Change[Row]:
    (first, end), verb = draw(spans()), draw(st.sampled_from(Verb))
    what = draw(st.sampled_from("abc"))
    row = Row(what, first, end) if verb is Verb.PUT else None
    values = {"what": what} if verb is Verb.ALTER else {}
    return Change(verb=verb, valid_from=first, valid_to=end, row=row, values=values)


@st.composite
def timelines(draw: st.DrawFn) -> list[Row]:
    cuts = sorted(draw(st.sets(st.integers(0, DAYS), min_size=2, max_size=6)))
    return [
        Row(draw(st.sampled_from("xyz")), day(one), day(other))
        for one, other in zip(cuts[::2], cuts[1::2], strict=False)
    ]


def holds(timeline: list[Row], on: date) -> list[str]:
    return [r.what for r in timeline if r.valid_from <= on and (not r.valid_to or r.valid_to > on)]


@given(timelines(), st.lists(changes(), max_size=5))
def test_each_day_is_as_the_last_change_about_it_says(
    filed: list[Row], made: list[Change[Row]]
) -> None:
    after = rules.folded(filed, made)
    for n in range(DAYS + 5):
        expected = holds(filed, day(n))
        for one in made:
            if one.valid_from <= day(n) and (one.valid_to is None or day(n) < one.valid_to):
                expected = {
                    Verb.PUT: [one.row.what] if one.row else [],
                    Verb.ALTER: [one.values.get("what", "")] if expected else [],
                    Verb.END: [],
                }[one.verb]
        assert holds(after, day(n)) == expected


@given(timelines(), st.lists(changes(), max_size=4))
def test_what_is_written_makes_the_table_as_wanted_and_forgets_no_row(
    filed: list[Row], made: list[Change[Row]]
) -> None:
    wanted = rules.folded(filed, made)
    table = {row.valid_from: row for row in filed}
    for row in rules.written(filed, wanted):
        table[row.valid_from] = row
    assert set(table) >= {row.valid_from for row in filed}
    for n in range(DAYS + 5):
        assert holds(list(table.values()), day(n)) == holds(wanted, day(n))
    assert rules.written(list(table.values()), wanted) == []


AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = AT.date()
A, B, UN = rows.site_id("A"), rows.site_id("B"), rows.person_id("UN")
BOSS = a_caller(PersonId(rows.person_id("URG")), A)


def load(tx: Tx, text: str = SMALL) -> list[str]:
    changes = service.load(tx, file.parse(text, "essai.toml"), at=AT)
    return [f"{one.verb} {one.kind}" for one in changes]


def privilege(verb: Verb, first: date, end: date | None = None, site: UUID = B) -> Alteration:
    return Alteration(
        kind="privilege",
        subject={"person_id": UN, "site_id": site},
        verb=verb,
        content={},
        valid_from=first,
        valid_to=end,
    )


def amend(tx: Tx, *alterations: Alteration, reason: str = "Arrivée.") -> UUID:
    made = Made(what="Dr Un", reason=reason, by=BOSS.person_id, at=AT)
    return amending.amend(tx, made, alterations)


def may(tx: Tx, on: date, site: UUID = B) -> bool:
    return service.may_read(
        tx, person_id=PersonId(UN), site_id=rows.SiteId(site), modality="CT", on=on
    )


def test_a_privilege_given_in_a_page_counts_at_once_and_outlives_the_file(tx: Tx) -> None:
    load(tx)
    was = may(tx, TODAY)
    amend(tx, privilege(Verb.END if was else Verb.PUT, TODAY))
    assert may(tx, TODAY) is not was
    assert load(tx) == [], "the file says nothing new"
    assert may(tx, TODAY) is not was


def test_what_is_taken_back_is_as_the_file_says_and_the_past_stays(tx: Tx) -> None:
    load(tx)
    was = may(tx, TODAY)
    made = amend(tx, privilege(Verb.END if was else Verb.PUT, TODAY - timedelta(days=5)))
    amending.withdraw(tx, BOSS, made, on=TODAY, at=AT)
    assert may(tx, TODAY) is was
    assert may(tx, TODAY - timedelta(days=1)) is not was
    with pytest.raises(ConflictError):
        amending.withdraw(tx, BOSS, made, on=TODAY, at=AT)


def test_the_later_of_two_changes_holds_and_taking_it_back_leaves_the_earlier(tx: Tx) -> None:
    load(tx)
    amend(tx, privilege(Verb.PUT, TODAY))
    later = amend(tx, privilege(Verb.END, TODAY + timedelta(days=10)))
    assert [may(tx, TODAY + timedelta(days=n)) for n in (0, 9, 10)] == [True, True, False]
    amending.withdraw(tx, BOSS, later, on=TODAY, at=AT)
    assert may(tx, TODAY + timedelta(days=10))


def test_a_file_that_says_otherwise_later_is_heard_below_the_change(tx: Tx) -> None:
    load(tx)
    mr = Alteration(
        kind="skill",
        subject={"person_id": UN, "modality": "MR"},
        verb=Verb.PUT,
        content={},
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=30),
    )
    made = amend(tx, mr)

    def reads_mr(n: int) -> bool:
        on = TODAY + timedelta(days=n)
        return service.may_read(tx, person_id=PersonId(UN), site_id=A, modality="MR", on=on)

    assert [reads_mr(0), reads_mr(30)] == [True, False]
    assert load(tx, SMALL.replace('skills = ["CT"]', 'skills = ["CT", "MR"]')) == ["added skill"]
    assert [reads_mr(0), reads_mr(30)] == [True, True]
    assert load(tx) == ["ended skill"]
    assert [reads_mr(0), reads_mr(30)] == [True, False]
    amending.withdraw(tx, BOSS, made, on=TODAY, at=AT)
    assert not reads_mr(0)


def test_a_line_has_other_readers_from_a_day_on(tx: Tx) -> None:
    load(tx)
    amend(
        tx,
        Alteration(
            kind="option of line",
            subject={"line_id": rows.line_id("NUIT")},
            verb=Verb.ALTER,
            content={"readers": 3},
            valid_from=date(2027, 2, 1),
            valid_to=None,
        ),
    )
    found = tx.values(
        "select readers from territory.line_option where valid_to is null or valid_to > valid_from"
        " order by valid_from"
    )
    assert found == [None, 3]
    assert load(tx) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_change_says_why_in_a_few_words(tx: Tx, reason: str) -> None:
    load(tx)
    with pytest.raises(InvalidInputError):
        amend(tx, privilege(Verb.PUT, TODAY), reason=reason)


def test_a_change_that_ends_before_it_begins_is_refused(tx: Tx) -> None:
    load(tx)
    with pytest.raises(InvalidInputError, match="first"):
        amend(tx, privilege(Verb.PUT, TODAY, TODAY))
