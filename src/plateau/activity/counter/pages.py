"""Pages of the counter: where the parties stand, and the entries behind each figure."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from plateau.activity.counter import chart, rules, service
from plateau.activity.counter.types import Figure
from plateau.kernel.time import local
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()
_SHOWN = 200


@router.get("/counters")
def counters(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """Every agreement in force, and whether it is within its band."""
    today = local(now).date()
    with db.begin() as tx:
        found = [
            (one, span, service.counter(tx, one, span))
            for one in service.current(tx, caller, on=today)
            for span in (rules.span_of(one, on=today),)
        ]
    return render(request, "activity/counters.html", block="counters", found=found)


@router.get("/counters/{code}")
def counter(
    request: Request, code: str, db: DbDep, caller: CallerDep, now: NowDep, on: str = ""
) -> HTMLResponse:
    """One agreement over a period: each unit, its drift over time, what is proposed."""
    today = local(now).date()
    with db.begin() as tx:
        agreement = service.agreement(tx, caller, code, on=today)
        span = rules.parsed(agreement, on, today=today)
        found = service.counter(tx, agreement, span)
    return render(
        request,
        "activity/counter.html",
        block="counter",
        agreement=agreement,
        span=span,
        before=rules.before(agreement, span),
        counter=found,
        charts=[chart.chart(agreement, count) for count in found.counts],
        bands=[
            [rules.is_in_band(agreement, one) for one in count.standings] for count in found.counts
        ],
    )


@router.get("/counters/{code}/entries")
def entries(request: Request, code: str, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """The entries that a figure counts."""
    asked = request.query_params
    today = local(now).date()
    with db.begin() as tx:
        agreement = service.agreement(tx, caller, code, on=today)
        figure = Figure(
            span=rules.parsed(agreement, asked.get("on", ""), today=today),
            unit=asked.get("unit", agreement.unit),
            member=asked.get("member", ""),
            head=asked.get("head", ""),
            after=rules.number(asked.get("after", "0")),
        )
        lines = service.lines(tx, agreement, figure, limit=_SHOWN)
    return render(
        request,
        "activity/entries.html",
        block="entries",
        agreement=agreement,
        figure=figure,
        lines=lines,
        more=lines[-1].entry_id if len(lines) == _SHOWN else None,
    )
