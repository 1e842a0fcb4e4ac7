"""Asking for an exam, and following what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId, RequestId
from plateau.platform.db import Tx
from plateau.requests import questions, service, views
from plateau.requests.pages.forms import DecisionDep, DraftDep, OpenedDep, Text, to
from plateau.requests.rules import items
from plateau.requests.types import Draft, Problem
from plateau.territory import service as territory
from plateau.territory.types import ExamType, Site
from plateau.web.pages import CallerDep, DbDep, NowDep, language_of, render

router = APIRouter(prefix="/requests")


@router.get("")
def listed(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, opened: OpenedDep
) -> HTMLResponse:
    """The requests of the caller's sites, the latest first."""
    with db.begin() as tx:
        if not caller.is_one_of(Role.REQUESTER, Role.COORDINATOR, Role.TECHNOLOGIST):
            raise NotFoundError("this page does not exist, or is not yours to see")
        found = views.of_caller(tx, caller)
        if opened:
            views.record_list(tx, caller, "requests", now=now)
    return render(request, "requests/list.html", block="rows", rows=found, now=now)


@router.get("/new")
def new(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """An empty form."""
    with db.begin() as tx:
        choices = _choices(tx, caller)
    return _form(request, choices, Draft(), key=uuid4(), problems=[])


@router.post("")
def submit(
    request: Request,
    draft: DraftDep,
    key: Annotated[UUID, Form()],
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
) -> Response:
    """Send a form; whatever is missing is listed, and nothing that was typed is lost."""
    with db.begin() as tx:
        choices = _choices(tx, caller)
        problems = service.problems(tx, draft=draft, caller=caller, now=now)
    if problems:
        return _form(request, choices, draft, key=key, problems=problems)
    try:
        with db.begin() as tx:
            request_id = service.submit(tx, draft=draft, caller=caller, key=str(key), now=now)
    except ConflictError:
        other = [items.problem("local_id", items.OTHER_PATIENT)]
        return _form(request, choices, draft, key=key, problems=other)
    except InvalidInputError:
        unusable = [items.problem("surname", items.UNUSABLE_NAME)]
        return _form(request, choices, draft, key=key, problems=unusable)
    return to(f"/requests/{request_id}?sent={key}")


@router.get("/{request_id}")
def shown(
    request: Request,
    request_id: RequestId,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    opened: OpenedDep,
) -> HTMLResponse:
    """One request: what was asked, what happened, what can be done."""
    with db.begin() as tx:
        if opened:
            service.triage(tx, request_id=request_id, caller=caller, now=now)
        found = views.dossier(tx, request_id, caller, now=now)
        if opened:
            views.record_view(tx, caller, found, now=now)
    return _shown(request, found, now=now)


@router.post("/{request_id}/decision")
def decide(
    request: Request,
    request_id: RequestId,
    decision: DecisionDep,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
) -> Response:
    """A duty reader answers, then sees what waits next; a refusal keeps what was typed."""
    try:
        with db.begin() as tx:
            service.decide(tx, request_id=request_id, decision=decision, caller=caller, now=now)
    except (InvalidInputError, RuleBrokenError) as error:
        with db.begin() as tx:
            found = views.dossier(tx, request_id, caller, now=now)
            views.record_view(tx, caller, found, now=now)
        return _shown(request, found, status_code=422, typed=decision, refused=error, now=now)
    return to("/requests/inbox")


@router.post("/{request_id}/answer")
def answer(
    request_id: RequestId, text: Text, db: DbDep, caller: CallerDep, now: NowDep
) -> Response:
    """The requester answers the reader's question."""
    with db.begin() as tx:
        service.answer(tx, request_id=request_id, text=text, caller=caller, now=now)
    return to(f"/requests/{request_id}")


@router.post("/{request_id}/cancel")
def cancel(
    request_id: RequestId, db: DbDep, caller: CallerDep, now: NowDep, text: Text = ""
) -> Response:
    """The request is called off; too late, it is refused and those who can act are told."""
    try:
        with db.begin() as tx:
            service.cancel(tx, request_id=request_id, text=text, caller=caller, now=now)
    except RuleBrokenError:
        with db.begin() as tx:
            service.note_late_cancel(tx, request_id=request_id, caller=caller, now=now)
        raise
    return to(f"/requests/{request_id}")


@router.post("/{request_id}/schedule")
def schedule(
    request_id: RequestId,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    on: Annotated[str, Form()] = "",
    hour: Annotated[str, Form()] = "",
) -> Response:
    """The coordinator gives the exam an hour, as the clocks of its site show it."""
    with db.begin() as tx:
        at = views.hour_at_site(tx, request_id, caller, typed=f"{on} {hour}")
        service.schedule(tx, request_id=request_id, at=at, caller=caller, now=now)
    return to(f"/requests/{request_id}")


@router.post("/exams/{exam_id}/questions")
def ask(
    exam_id: ExamId,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    cause: Annotated[str, Form()] = "",
    text: Text = "",
) -> Response:
    """A reader has a problem with an exam, and goes on with it."""
    with db.begin() as tx:
        questions.ask(tx, caller, exam_id, cause=cause, text=text, now=now)
    return to(f"/read/{exam_id}")


@router.post("/exams/{exam_id}/questions/{question_id}/answer")
def answer_question(
    exam_id: ExamId, question_id: int, db: DbDep, caller: CallerDep, now: NowDep, text: Text = ""
) -> Response:
    """The technologist or the requester answers a reader."""
    with db.begin() as tx:
        questions.answer(tx, caller, exam_id, question_id=question_id, text=text, now=now)
        request_id = service.exam(tx, exam_id).request_id
    return to(f"/requests/{request_id}")


@router.post("/{request_id}/override")
def override(
    request_id: RequestId, db: DbDep, caller: CallerDep, now: NowDep, text: Text = ""
) -> Response:
    """Life is at stake: the exam may be acquired before acceptance."""
    with db.begin() as tx:
        service.override(tx, request_id=request_id, text=text, caller=caller, now=now)
    return to(f"/requests/{request_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """What a form may choose from."""

    sites: Sequence[Site]
    exam_types: Sequence[ExamType]


def _choices(tx: Tx, caller: Caller) -> _Choices:
    sites = caller.sites_as(Role.REQUESTER)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return _Choices(sites=territory.sites(tx, ids=sites), exam_types=territory.exam_types(tx))


def _form(
    request: Request, choices: _Choices, draft: Draft, *, key: UUID, problems: Sequence[Problem]
) -> HTMLResponse:
    return render(
        request,
        "requests/new.html",
        status_code=422 if problems else 200,
        site_options=[(str(site.site_id), site.name) for site in choices.sites],
        exam_options=[
            (one.exam_code, one.name if language_of(request) == "fr" else one.name_en)
            for one in choices.exam_types
        ],
        draft=draft,
        key=key,
        problems=problems,
        errors={problem.field: problem.text for problem in reversed(problems)},
    )


def _shown(
    request: Request, dossier: views.Dossier, *, status_code: int = 200, **more: object
) -> HTMLResponse:
    values = {
        "typed": None,
        "refused": None,
        "sent": request.query_params.get("sent", ""),
        **more,
    }
    return render(
        request,
        "requests/shown.html",
        block="standing",
        status_code=status_code,
        dossier=dossier,
        **values,
    )
