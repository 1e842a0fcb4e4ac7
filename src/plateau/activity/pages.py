"""Pages of activity: what was read, how fast, by whom and for whom."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from plateau.activity import rules, service
from plateau.activity.types import Period
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import ExamId
from plateau.kernel.time import instant
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()
_DAYS = (1, 7, 30, 365)
_EXPORTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The period as the form holds it: so many days up to now, unless a day is named."""

    days: int = 1
    since: str = ""
    until: str = ""


AskedDep = Annotated[Asked, Depends()]


def _period(now: NowDep, asked: AskedDep) -> Period:
    if asked.days not in _DAYS:
        raise InvalidInputError("the period is one of those of the list")
    start = _midnight(asked.since) if asked.since else None
    end = _midnight(asked.until, days=1) if asked.until else None
    return rules.period(start or (end or now) - timedelta(days=asked.days), end, now=now)


def _midnight(text: str, days: int = 0) -> datetime:
    try:
        return instant(date.fromisoformat(text) + timedelta(days=days), time())
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("this is not a date: write it as 2026-11-24") from error


PeriodDep = Annotated[Period, Depends(_period)]


@router.get("/activity")
def activity(
    request: Request, db: DbDep, caller: CallerDep, asked: AskedDep, period: PeriodDep
) -> HTMLResponse:
    """Delays by urgency, readings by member and reader, the newest entries."""
    with db.begin() as tx:
        scope = service.scope_of(caller)
        summaries = service.summaries(tx, scope=scope, period=period)
        table = service.table(tx, scope=scope, period=period)
        entries = service.entries(tx, scope=scope, period=period)
    return render(
        request,
        "activity/activity.html",
        block="activity",
        summaries=summaries,
        table=table,
        entries=entries,
        period=period,
        asked=asked,
        query=urlencode(asdict(asked)),
        own_only=not scope.sites,
    )


@router.get("/activity.csv")
def export(db: DbDep, caller: CallerDep, period: PeriodDep) -> Response:
    """The entries of the period, for a spreadsheet."""
    with db.begin() as tx:
        scope = service.scope_of(caller)
        entries = service.entries(tx, scope=scope, period=period, limit=_EXPORTED)
    return Response(
        "\ufeff" + rules.as_csv(entries),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="activity.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/exams/{exam_id}/count")
def counted(request: Request, exam_id: ExamId, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """Part of the page of an exam: how its reading was counted."""
    with db.begin() as tx:
        entries = service.counted(tx, caller, exam_id=exam_id)
    return render(request, "activity/counted.html", entries=entries)
