"""The reports that members owe are filled from the ledger, and say what they lack."""

import io
import json
from collections.abc import Iterator
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
from plateau.activity.ledger.types import Fact
from plateau.entry import http
from plateau.kernel.caller import Caller
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings

REPORTS = "/activity/reports"


def client(db: Db, blobs: Blobs, caller: Caller) -> TestClient:
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: caller)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def manager(db: Db) -> Caller:
    with db.begin() as tx:
        sarthe.load(tx)
        sarthe.fill(tx)
        _spend(tx)
        return replace(sarthe.manager(tx, "CHM"), language="en")


@pytest.fixture
def page(db: Db, blobs: Blobs, manager: Caller) -> Iterator[TestClient]:
    with client(db, blobs, manager) as found:
        yield found


def _spend(tx: Tx) -> None:
    (agreement,) = agreements.agreements(tx)
    day = sarthe.AT.date().replace(month=8, day=3)
    amounts = [
        Money(kind=kind, on=day, head="staff", payer="CHM", cents=cents, reference="EXEMPLE-1")
        for kind, cents in (("cost", 1_000_01), ("forecast", 900_00))
    ]
    duties = [
        Fact(
            key=f"duty:{n}",
            kind="duty",
            happened_on=day,
            session="NUIT",
            reader_member="CHM" if n < 3 else "CJB",
            minutes=600,
        )
        for n in range(4)
    ]
    facts = [*(entering.money(agreement, one) for one in amounts), *duties]
    ledger.append(tx, facts, at=sarthe.AT)


@pytest.mark.parametrize("kind", ["pimm", "assembly", "intensity"])
def test_each_report_is_a_page_and_three_files_of_the_same_figures(
    page: TestClient, kind: str
) -> None:
    where = f"{REPORTS}/{kind}/2026"
    assert page.get(where).status_code == 200
    data = json.loads(page.get(f"{where}/file.json").text)
    book = load_workbook(io.BytesIO(page.get(f"{where}/file.xlsx").content))
    paper = PdfReader(io.BytesIO(page.get(f"{where}/file.pdf").content))
    text = "".join(sheet.extract_text() for sheet in paper.pages)
    assert [sheet["A1"].value for sheet in book.worksheets] == [
        table["title"] for table in data["tables"]
    ]
    for table in data["tables"]:
        assert table["title"].split(":")[0] in text
    assert page.get(f"{where}/file.pdf").content == page.get(f"{where}/file.pdf").content


def test_contributions_to_on_call_add_up_to_the_whole(page: TestClient) -> None:
    data = json.loads(page.get(f"{REPORTS}/pimm/2026/file.json").text)
    (held,) = [one for one in data["tables"] if one["title"].startswith("Contribution")]
    assert held["rows"] == [["NUIT", "CHM", 3, 30.0, 75.0], ["NUIT", "CJB", 1, 10.0, 25.0]]


def test_the_assembly_reads_forecast_real_and_difference_to_the_cent(page: TestClient) -> None:
    data = json.loads(page.get(f"{REPORTS}/assembly/2026/file.json").text)
    spent = data["tables"][0]
    assert spent["rows"] == [["MN-50-50", "Staff", 900_00, 1_000_01, 100_01]]
    balances = [row[3] for row in data["tables"][1]["rows"] if row[2] == "Balance"]
    assert sum(balances) == 0
    assert "1,000.01" in page.get(f"{REPORTS}/assembly/2026").text


def test_what_is_missing_is_said(page: TestClient) -> None:
    text = page.get(f"{REPORTS}/pimm/2026").text
    assert "No exam was read this year." in text
    assert "periods are not closed" in text
    assert "No duty was counted this year." in page.get(f"{REPORTS}/pimm/2025").text
    assert "No call-out was entered" in page.get(f"{REPORTS}/intensity/2026").text


def test_a_report_of_another_kind_or_of_a_year_to_come_is_not_found(page: TestClient) -> None:
    for wrong in ("nothing/2026", "pimm/2999", "pimm/1800"):
        assert page.get(f"{REPORTS}/{wrong}").status_code == 404
    assert page.get(f"{REPORTS}/pimm/2026/file.exe").status_code == 404


def test_whoever_answers_for_no_member_reads_no_report(
    db: Db, blobs: Blobs, manager: Caller
) -> None:
    with client(db, blobs, replace(manager, roles={})) as page:
        assert page.get(REPORTS).status_code == 404
