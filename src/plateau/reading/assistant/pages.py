"""Pages of proposed drafts: the panel of the reading page, comparisons, programs and switches."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.errors import ConflictError, InvalidInputError, PlateauError
from plateau.kernel.ids import ExamId, SiteId
from plateau.platform import clock
from plateau.reading import tabs
from plateau.reading.assistant.service import deciding, supervising, switching
from plateau.reading.assistant.service.supervising import Comparison
from plateau.reading.assistant.service.switching import Wish
from plateau.reading.assistant.types import Choice, Decision, Limit, Reason
from plateau.reading.visit import Visit, VisitDep, go, lines
from plateau.web.language import sentence

router = APIRouter()
_HOME, _CHECKS = "/assistant", "/assistant/checks"


class DecisionForm(BaseModel):
    """What a reader decides, as their form holds it."""

    decision: Decision
    reason: str = ""
    found: str = ""

    def choice(self) -> Choice:
        """The same, in our words."""
        if self.decision != Decision.REJECT:
            return Choice(decision=self.decision)
        return Choice(
            decision=self.decision,
            reason=Reason(self.reason) if self.reason in set(Reason) else None,
            found_abnormal={"normal": False, "abnormal": True}.get(self.found),
        )


class ScoreForm(BaseModel):
    """How far a draft is from what was signed, as typed."""

    score: int
    found: str = ""
    comment: str = ""

    def said(self) -> Comparison:
        """The same, in our words."""
        abnormal = {"normal": False, "abnormal": True}.get(self.found)
        if abnormal is None:
            raise InvalidInputError("say whether the exam shows anything abnormal")
        return Comparison(score=self.score, found_abnormal=abnormal, comment=lines(self.comment))


class SwitchForm(BaseModel):
    """Where a program is to propose drafts, as typed."""

    model_id: UUID
    site_id: UUID
    exam_code: str
    since: date
    blind_percent: float = 5
    usual_percent: float = 5
    limit_percent: float = 15
    quiet_for: int = 1000

    def wish(self) -> Wish:
        """The same, in our words."""
        return Wish(
            model_id=self.model_id,
            site_id=SiteId(self.site_id),
            exam_code=self.exam_code,
            since=self.since,
            blind_permille=round(self.blind_percent * 10),
            limit=Limit(
                usual_permille=round(self.usual_percent * 10),
                limit_permille=round(self.limit_percent * 10),
                quiet_for=self.quiet_for,
            ),
        )


class ModelForm(BaseModel):
    """A program that may send drafts, as typed."""

    name: str = ""
    version: str = ""
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What the program needs to send drafts; shown once."""

    name: str
    version: str
    token: str


@router.get("/read/{exam_id}/assistant")
def panel(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """The draft of the exam that one holds, in the reading page or alone."""
    with visit.db.begin() as tx:
        found = deciding.panel(tx, visit.blobs, visit.caller, exam_id, now=visit.now)
    whole = not visit.request.headers.get("HX-Request")
    template = "reading/assistant_page.html" if whole else "reading/assistant_panel.html"
    return visit.show(template, panel=found)


@router.post("/read/{exam_id}/assistant")
def decide(
    visit: VisitDep, exam_id: ExamId, asked: Annotated[DecisionForm, Form()]
) -> RedirectResponse:
    """Accept the draft, take it into the editor, or reject it; then the report again."""
    said = (exam_id, asked.choice())
    with visit.db.begin() as tx:
        deciding.decide(tx, visit.blobs, visit.caller, said, now=visit.now, wall=clock.wall())
    return go(f"/read/{exam_id}")


@router.get("/assistant")
def overview(visit: VisitDep) -> HTMLResponse:
    """The programs, where they are on, and what they did."""
    return _overview(visit)


def _overview(
    visit: Visit, *, token: Token | None = None, error: PlateauError | None = None
) -> HTMLResponse:
    with visit.db.begin() as tx:
        seen = switching.overview(tx, visit.caller)
    return visit.show(
        "reading/assistant.html",
        block="programs",
        status_code=422 if error else 200,
        seen=seen,
        tabs=tabs.of(visit.caller),
        token=token,
        error=error,
        sentence=sentence,
    )


@router.post("/assistant/models")
def admit(visit: VisitDep, asked: Annotated[ModelForm, Form()]) -> HTMLResponse:
    """A program may send drafts; its token is shown this once."""
    try:
        with visit.db.begin() as tx:
            model, token = switching.admit(
                tx,
                visit.caller,
                name=asked.name,
                version=asked.version,
                maker=asked.maker,
                now=visit.now,
            )
    except (ConflictError, InvalidInputError) as error:
        return _overview(visit, error=error)
    return _overview(visit, token=Token(model.name, model.version, token))


@router.post("/assistant/models/{model_id}/close")
def close(visit: VisitDep, model_id: UUID) -> RedirectResponse:
    """A program sends nothing more."""
    with visit.db.begin() as tx:
        switching.close(tx, visit.caller, model_id, now=visit.now)
    return go(_HOME)


@router.post("/assistant/switches", response_model=None)
def switch_on(
    visit: VisitDep, asked: Annotated[SwitchForm, Form()]
) -> HTMLResponse | RedirectResponse:
    """A program proposes drafts of a type of exam at a site."""
    try:
        with visit.db.begin() as tx:
            switching.switch_on(tx, visit.caller, asked.wish(), now=visit.now)
    except (ConflictError, InvalidInputError) as error:
        return _overview(visit, error=error)
    return go(_HOME)


@router.post("/assistant/switches/{switch_id}/end")
def switch_off(
    visit: VisitDep, switch_id: UUID, why: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """A program no longer does."""
    with visit.db.begin() as tx:
        switching.switch_off(tx, visit.caller, switch_id, why=why, now=visit.now)
    return go(_HOME)


@router.get("/assistant/checks")
def checks(visit: VisitDep) -> HTMLResponse:
    """The drafts to compare with what was signed."""
    with visit.db.begin() as tx:
        found = supervising.checks(tx, visit.caller, now=visit.now)
    return visit.show(
        "reading/assistant_checks.html", block="checks", checks=found, tabs=tabs.of(visit.caller)
    )


@router.get("/assistant/checks/{proposal_id}")
def check(visit: VisitDep, proposal_id: UUID) -> HTMLResponse:
    """One draft beside what was signed."""
    with visit.db.begin() as tx:
        found = supervising.check(tx, visit.caller, proposal_id, now=visit.now)
    return visit.show("reading/assistant_check.html", check=found)


@router.post("/assistant/checks/{proposal_id}")
def compare(
    visit: VisitDep, proposal_id: UUID, asked: Annotated[ScoreForm, Form()]
) -> RedirectResponse:
    """Say how far they are apart, and come back to the list."""
    with visit.db.begin() as tx:
        supervising.compare(tx, visit.caller, proposal_id, asked.said(), now=visit.now)
    return go(_CHECKS)
