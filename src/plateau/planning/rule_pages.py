"""The rules of rosters: read by all, decided by coordinators."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.time import local
from plateau.planning import tabs
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import ruling, viewing
from plateau.planning.publication.types import Decision
from plateau.platform import clock
from plateau.web.forms import OrNone
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/roster/rules")
MaybeDay = Annotated[date | None, OrNone]


class RuleForm(BaseModel):
    """A rule, as somebody wants it; `name` and `value` say its numbers side by side."""

    rule: str
    first: date
    last: MaybeDay = None
    is_on: bool = False
    is_hard: bool = False
    weight: int = 0
    name: list[str] = []
    value: list[float] = []
    source: str = ""

    def decision(self) -> Decision:
        """The same, as the service takes it."""
        if len(self.name) != len(self.value):
            raise InvalidInputError("this rule has no such number")
        return Decision(
            rule=self.rule,
            first=self.first,
            last=self.last,
            is_on=self.is_on,
            is_hard=self.is_hard,
            weight=self.weight,
            numbers=dict(zip(self.name, self.value, strict=True)),
            source=self.source,
        )


@router.get("")
def rules(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, on: MaybeDay = None
) -> HTMLResponse:
    """What each rule asks on a day, where that was read, and who decided otherwise."""
    may_edit = caller.is_one_of(*desks.COORDINATORS)
    day = on or local(now).date()
    with db.begin() as tx:
        groups = ruling.rulings(tx, on=day)
        period = viewing.period_for(tx, day) if may_edit else None
        is_behind = period is not None and ruling.is_behind(tx, period)
    return render(
        request,
        "planning/rules.html",
        block="rules",
        groups=groups,
        on=day,
        period=period,
        is_behind=is_behind,
        may_edit=may_edit,
        tabs=tabs.of(caller),
    )


@router.post("")
def decide(db: DbDep, caller: CallerDep, form: Annotated[RuleForm, Form()]) -> RedirectResponse:
    """A rule is as the coordinator decides."""
    with db.begin() as tx:
        ruling.decide(tx, caller, form.decision(), now=clock.now())
    return RedirectResponse(f"/roster/rules?on={form.first}#{form.rule}", 303)


@router.post("/{setting_id}/withdraw")
def withdraw(
    setting_id: UUID, db: DbDep, caller: CallerDep, rule: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """A decision no longer stands."""
    with db.begin() as tx:
        ruling.withdraw(tx, caller, setting_id, now=clock.now())
    return RedirectResponse(f"/roster/rules#{rule if rule.isidentifier() else ''}", 303)
