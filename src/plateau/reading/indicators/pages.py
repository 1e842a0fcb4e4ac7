"""Pages of indicators, their files, and the exams behind each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from plateau.kernel.errors import NotFoundError
from plateau.reading.indicators import service, sheets
from plateau.reading.indicators.service import Shown
from plateau.reading.indicators.types import FEW, GROUPS
from plateau.reading.visit import Visit, VisitDep

router = APIRouter(prefix="/indicators")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST = 500  # exams shown behind a figure


@dataclass(frozen=True, slots=True)
class Wanted:
    """The period and the grouping, as the form holds them."""

    days: int = 7
    by: str = "urgency"
    then: str = ""

    @property
    def grouping(self) -> tuple[str, ...]:
        """What exams are grouped by, once each."""
        return tuple(dict.fromkeys(one for one in (self.by, self.then) if one))


WantedDep = Annotated[Wanted, Depends()]
ValuesDep = Annotated[Sequence[str], Query()]


@router.get("")
def indicators(visit: VisitDep, wanted: WantedDep) -> HTMLResponse:
    """How long exams waited, grouped, and what became of the rest."""
    return visit.show(
        "reading/indicators.html",
        "indicators",
        shown=_shown(visit, wanted),
        wanted=wanted,
        by=GROUPS,
        days=service.DAYS,
        few=FEW,
    )


@router.get("/file.{form}")
def file(visit: VisitDep, wanted: WantedDep, form: str) -> Response:
    """The same figures as CSV or XLSX."""
    groups, by = _shown(visit, wanted).groups, wanted.grouping
    if form == "csv":
        return _sent("\ufeff" + sheets.as_csv(groups, by), "text/csv; charset=utf-8", form)
    if form == "xlsx":
        return _sent(sheets.as_xlsx(groups, by), _XLSX, form)
    raise NotFoundError("there is no such file")


@router.get("/exams")
def exams(visit: VisitDep, wanted: WantedDep, value: ValuesDep = ()) -> HTMLResponse:
    """The exams behind a figure, the slowest first."""
    by, days = wanted.grouping, wanted.days
    with visit.db.begin() as tx:
        found = service.behind(tx, visit.caller, by=by, values=value, days=days, now=visit.now)
    return visit.show(
        "reading/indicator_exams.html",
        "exams",
        found=found[:_MOST],
        count=len(found),
        values=value,
        wanted=wanted,
    )


def _shown(visit: Visit, wanted: Wanted) -> Shown:
    with visit.db.begin() as tx:
        return service.shown(tx, visit.caller, by=wanted.grouping, days=wanted.days, now=visit.now)


def _sent(content: bytes | str, media_type: str, form: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="indicators.{form}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)
