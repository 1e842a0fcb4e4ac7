"""The reports owed, on a page and as files."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from plateau.activity.reports import service, sheets, wording
from plateau.activity.reports.types import KINDS, Report
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.platform.db import Db
from plateau.web import language
from plateau.web.pages import CallerDep, DbDep, NowDep, language_of, render

router = APIRouter(prefix="/activity/reports")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report of which year, by whom."""

    db: Db
    caller: Caller
    now: datetime
    kind: str
    year: int

    def report(self) -> Report:
        """The report in words."""
        with self.db.begin() as tx:
            facts = service.facts(tx, self.caller, self.kind, year=self.year, now=self.now)
        return wording.report(self.kind, facts)


def _asked(db: DbDep, caller: CallerDep, now: NowDep, kind: str = KINDS[0], year: int = 0) -> Asked:
    return Asked(db, caller, now, kind, year or service.years(now=now)[0])


AskedDep = Annotated[Asked, Depends(_asked)]


@router.get("")
@router.get("/{kind}/{year}")
def report(request: Request, asked: AskedDep) -> HTMLResponse:
    """A report of a year, with what it lacks, and its files."""
    with language.speaking(language_of(request)):
        found = asked.report()
        titles = {one: wording.title(one) for one in KINDS}
        written = [
            [[sheets.written(table, at, one) for at, one in enumerate(row)] for row in table.rows]
            for table in found.tables
        ]
    return render(
        request,
        "activity/report.html",
        block="report",
        report=found,
        titles=titles,
        written=written,
        years=service.years(now=asked.now),
    )


@router.get("/{kind}/{year}/file.{form}")
def file(request: Request, asked: AskedDep, form: str) -> Response:
    """A report of a year as PDF, XLSX or JSON."""
    name = f"{asked.kind}-{asked.year}.{form}"
    with language.speaking(language_of(request)):
        found = asked.report()
        if form == "pdf":
            return _sent(sheets.as_pdf(found), "application/pdf", name)
        if form == "xlsx":
            return _sent(sheets.as_xlsx(found), _XLSX, name)
        if form == "json":
            return _sent(sheets.as_json(found), "application/json", name)
    raise NotFoundError("there is no such report")


def _sent(content: bytes | str, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)
