"""Pages and files of statements: checked, signed by both sides, closed, each step from a page."""

import html
import io
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from pypdf import PdfReader

from activity import sarthe
from plateau.activity.agreements import service as agreements
from plateau.activity.entering import rules as entering
from plateau.activity.entering.types import Money
from plateau.activity.ledger import service as ledger
from plateau.entry import http
from plateau.kernel.caller import Caller
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

Q3 = "2026-07-01"
CODE = "/statements/MN-50-50"


class Office:
    def __init__(self, db: Db, blobs: Blobs) -> None:
        self.db, self.blobs = db, blobs
        with db.begin() as tx:
            sarthe.load(tx)
            sarthe.fill(tx)
            self.chm = replace(sarthe.manager(tx, "CHM"), language="en")
            self.cjb = replace(sarthe.manager(tx, "CJB"), language="en")
            (agreement,) = agreements.agreements(tx)
            day = sarthe.AT.date().replace(month=8, day=3)
            paid = Money(
                kind="cost", on=day, head="staff", payer="CHM", cents=1_000_01, reference="1"
            )
            ledger.append(tx, [entering.money(agreement, paid)], at=sarthe.AT)

    def client(self, caller: Caller) -> TestClient:
        app = http.build(runtime.Runtime(self.db, self.blobs, Settings()), lambda _: caller)
        return TestClient(app, follow_redirects=False)


@pytest.fixture
def office(db: Db, blobs: Blobs) -> Office:
    return Office(db, blobs)


def post(client: TestClient, step: str, **form: str) -> int:
    return client.post(f"{CODE}/{step}", data={"csrf": "c", "on": Q3, **form}).status_code


def test_two_managers_walk_a_quarter_to_its_closing(office: Office) -> None:
    chm, cjb = office.client(office.chm), office.client(office.cjb)
    for first in ("2026-01-01", "2026-04-01", Q3):
        assert post(chm, "check", on=first) == 303
        assert post(chm, "sign", on=first, member="CHM") == 303
        assert post(cjb, "close", on=first) == 422
        assert post(cjb, "sign", on=first, member="CHM") == 404
        assert post(cjb, "sign", on=first, member="CJB") == 303
        assert post(cjb, "close", on=first) == 303
        assert post(chm, "close", on=first) == 303

    page = chm.get(CODE, params={"on": Q3}).text
    assert "Closed" in page
    assert "corrections fall in the next period" in page
    assert "1000.01 x 60/100 (sessions)" in page
    assert "Closed" in chm.get("/statements").text


def test_each_member_has_a_pdf_that_never_changes(office: Office) -> None:
    client = office.client(office.chm)
    asked = {"on": Q3, "member": "CJB"}

    first = client.get(f"{CODE}/file.pdf", params=asked)

    assert first.headers["content-type"] == "application/pdf"
    assert client.get(f"{CODE}/file.pdf", params=asked).content == first.content
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(first.content)).pages)
    assert "1000.01 x 40/100 (sessions)" in text
    assert "Provisional" in text
    assert client.get(f"{CODE}/file.pdf", params={"on": Q3, "member": "?"}).status_code == 404
    assert client.get(f"{CODE}/file.doc", params=asked).status_code == 404


def test_spreadsheets_hold_the_same_amounts(office: Office) -> None:
    client = office.client(office.chm)
    lines = client.get(f"{CODE}/file.csv", params={"on": Q3}).text.split("\r\n")
    book = load_workbook(io.BytesIO(client.get(f"{CODE}/file.xlsx", params={"on": Q3}).content))

    balances = {
        line.split(";")[3]: int(line.split(";")[-1]) for line in lines if ";balance;" in line
    }
    assert book.sheetnames == ["CCS", "CHM", "CJB"]
    for name in book.sheetnames:
        sheet = book[name]
        assert sheet.cell(sheet.max_row, 5).value == balances[name] / 100
    assert sum(balances.values()) == 0


def test_a_dispute_is_raised_named_and_answered(office: Office) -> None:
    client = office.client(office.cjb)
    assert post(client, "dispute", entry="1", reason="not ours") == 303
    assert post(client, "dispute", entry="one", reason="not ours") == 400
    page = client.get(CODE, params={"on": Q3}).text
    assert "entry 1" in page
    assert post(client, "check") == 422

    where = page.split(f"{CODE}/disputes/")[1].split('"')[0]
    assert post(client, f"disputes/{where}", answer="it is") == 303
    assert post(client, f"disputes/{where}", answer="again") == 409
    assert post(client, "check") == 303


def test_an_unfinished_quarter_is_not_checked(office: Office) -> None:
    assert post(office.client(office.chm), "check", on="2999-01-01") == 422


def test_every_figure_of_a_statement_opens_the_entries_behind_it(office: Office) -> None:
    page = office.client(office.chm)
    text = page.get(CODE, params={"on": Q3}).text
    links = {
        html.unescape(href)
        for href in re.findall(r'href="(/counters/MN-50-50/entries[^"]*)"', text)
    }
    assert {link.split("unit=")[1].split("&")[0] for link in links} >= {"session", "euro", "cost"}
    for link in links:
        behind = page.get(link)
        assert behind.status_code == 200, link
        if "unit=cost" in link:
            assert "1,000.01" in behind.text
    assert page.get("/counters/MN-50-50/entries?unit=settlement").status_code == 404
