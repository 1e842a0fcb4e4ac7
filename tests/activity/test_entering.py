"""What no machine and no roster says is entered by hand, once, by whoever answers for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from activity import sarthe
from plateau.activity.agreements import service as agreements
from plateau.activity.entering import rules
from plateau.activity.entering.types import CallOut
from plateau.activity.ledger import service as ledger
from plateau.entry import http
from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import LineId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

CODE = "/activity/enter/MN-50-50"
LENT = {
    "kind": "session_lent",
    "on": "2026-09-03",
    "machine": "TEP_1",
    "session_member": "CHM",
    "reader_member": "CJB",
    "reason": "offered to the other team first",
}
PAID = {
    "kind": "cost",
    "on": "2026-09-03",
    "head": "staff",
    "payer": "CHM",
    "euros": "1 234,50",
    "reference": "F-EXEMPLE-1",
}


class Office:
    def __init__(self, db: Db, blobs: Blobs) -> None:
        self.db, self.blobs = db, blobs
        with db.begin() as tx:
            sarthe.load(tx)
            sarthe.fill(tx)
            self.manager = replace(sarthe.manager(tx, "CHM"), language="en")

    def client(self, caller: Caller) -> TestClient:
        app = http.build(runtime.Runtime(self.db, self.blobs, Settings()), lambda _: caller)
        return TestClient(app, follow_redirects=False)

    def kinds(self) -> list[str]:
        with self.db.begin() as tx:
            return tx.values(
                "select kind from activity.entry where agreement = 'MN-50-50' order by entry_id"
            )


@pytest.fixture
def office(db: Db, blobs: Blobs) -> Office:
    return Office(db, blobs)


@pytest.fixture
def page(office: Office) -> Iterator[TestClient]:
    with office.client(office.manager) as client:
        yield client


def send(page: TestClient, step: str, form: dict[str, str], **other: str) -> int:
    said = {"csrf": "c", "token": str(uuid4()), **form, **other}
    return page.post(f"{CODE}/{step}", data=said).status_code


def test_a_session_lent_counts_for_who_used_it_and_the_page_shows_it(
    office: Office, page: TestClient
) -> None:
    assert send(page, "session", LENT) == 303
    with office.db.begin() as tx:
        assert ledger.verify(tx).faults == ()
    text = page.get(CODE).text
    assert "offered to the other team first" in text
    behind = "/counters/MN-50-50/entries?on=2026-07-01&unit=session&member=CJB"
    assert "Session lent" in page.get(behind).text


def test_a_form_sent_twice_counts_once(office: Office, page: TestClient) -> None:
    token = str(uuid4())
    assert send(page, "session", LENT, token=token) == 303
    assert send(page, "session", LENT, token=token) == 303
    assert office.kinds() == ["session_lent"]


def test_an_invoice_is_entered_once(office: Office, page: TestClient) -> None:
    assert send(page, "money", PAID) == 303
    assert send(page, "money", PAID) == 409
    assert send(page, "money", PAID, kind="forecast") == 303
    assert office.kinds() == ["cost", "forecast"]
    assert "1,234.50" in page.get(CODE).text


def test_an_entry_is_taken_back_with_a_reason_once(office: Office, page: TestClient) -> None:
    send(page, "money", PAID)
    with office.db.begin() as tx:
        number = str(tx.value("select max(entry_id) from activity.entry"))
    assert send(page, "back", {"entry": number, "reason": " "}) == 400
    assert send(page, "back", {"entry": number, "reason": "paid twice"}) == 303
    assert send(page, "back", {"entry": number, "reason": "paid twice"}) == 409
    assert "taken back" in page.get(CODE).text
    with office.db.begin() as tx:
        assert tx.values(
            "select action from access.audit where action like 'ledger.%%' order by at, action"
        ) == ["ledger.enter", "ledger.take_back"]


@pytest.mark.parametrize(
    ("step", "form", "wrong"),
    [
        ("session", LENT, {"kind": "session_held"}),
        ("session", LENT, {"machine": "IRM_9"}),
        ("session", LENT, {"session_member": "NOBODY"}),
        ("session", LENT, {"reader_member": "CHM"}),
        ("session", LENT, {"reason": ""}),
        ("session", LENT, {"on": "2026-02-30"}),
        ("session", LENT, {"on": "1999-01-01"}),
        ("money", PAID, {"kind": "settlement"}),
        ("money", PAID, {"head": "wine"}),
        ("money", PAID, {"payer": "NOBODY"}),
        ("money", PAID, {"euros": "-5"}),
        ("money", PAID, {"euros": "1.234"}),
        ("money", PAID, {"reference": " "}),
    ],
)
def test_a_wrong_entry_is_refused_and_changes_nothing(
    office: Office, page: TestClient, step: str, form: dict[str, str], wrong: dict[str, str]
) -> None:
    assert send(page, step, form | wrong) == 400
    assert office.kinds() == []


def test_whoever_does_not_answer_for_a_party_finds_nothing(office: Office) -> None:
    other = replace(office.manager, roles={})
    with office.client(other) as page:
        assert page.get(CODE).status_code == 404
        assert send(page, "session", LENT) == 404


def test_a_call_out_counts_for_its_line(office: Office) -> None:
    with office.db.begin() as tx:
        (agreement,) = agreements.agreements(tx)
    held = replace(agreement, lines=("NUIT",))
    since, until = rules.moment("2026-09-03T23:30"), rules.moment("2026-09-04T01:00")
    one = CallOut(
        line="NUIT",
        line_id=LineId(uuid4()),
        starts_at=since,
        ends_at=until,
        reader_member="CHM",
        reason="",
    )
    fact = rules.call_out(held, one, token=uuid4())
    assert (fact.kind, fact.minutes, fact.happened_on) == ("call_out", 90, date(2026, 9, 3))
    with pytest.raises(InvalidInputError):
        rules.call_out(agreement, one, token=uuid4())
    with pytest.raises(InvalidInputError):
        rules.call_out(held, replace(one, ends_at=since), token=uuid4())


@given(st.integers(0, 10**9 - 1), st.integers(0, 99), st.sampled_from([".", ","]))
def test_an_amount_is_read_as_it_is_written(euros: int, rest: int, mark: str) -> None:
    written = f"{euros:,}".replace(",", " ")
    assert rules.cents(f"{written}{mark}{rest:02d} €") == euros * 100 + rest
