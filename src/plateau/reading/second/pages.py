"""Pages of double reading: what is to be read again, one exam, the rules, the figures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.errors import InvalidInputError, PlateauError, RuleBrokenError
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.reading import tabs
from plateau.reading.second import rules, service
from plateau.reading.second.service import Wish
from plateau.reading.visit import Visit, VisitDep, go, lines
from plateau.web.forms import OrNone
from plateau.web.language import sentence

router = APIRouter()
_LIST, _RULES = "/reviews", "/reviews/rules"


class RuleForm(BaseModel):
    """A rule, as typed."""

    site_id: UUID
    percent: float
    reader_id: Annotated[PersonId | None, OrNone] = None
    exam_code: str = ""
    blind: bool = False
    within_hours: int = 72

    def wish(self) -> Wish:
        """The same, in our words."""
        return Wish(
            site_id=SiteId(self.site_id),
            percent=self.percent,
            reader_id=self.reader_id,
            exam_code=self.exam_code,
            blind=self.blind,
            within_hours=self.within_hours,
        )


class TextForm(BaseModel):
    """What was read without seeing the first report, and a password to sign it."""

    result: str = ""
    conclusion: str = ""
    password: str = ""


class ScoreForm(BaseModel):
    """How far the two readings are apart, and in what."""

    score: int | None = None
    comment: str = ""


@router.get("/reviews")
def listing(visit: VisitDep) -> HTMLResponse:
    """What is to be read again, and what was said of one's own reports."""
    with visit.db.begin() as tx:
        seen = service.listing(tx, visit.caller, now=visit.now)
    return visit.show(
        "reading/second_list.html", block="list", seen=seen, tabs=tabs.of(visit.caller)
    )


@router.post("/reviews/next")
def take_next(visit: VisitDep) -> RedirectResponse:
    """Read again what is due first."""
    with visit.db.begin() as tx:
        exam_id = service.take_next(tx, visit.caller, now=visit.now)
    return go(f"/reviews/{exam_id}" if exam_id else f"{_LIST}?done=nothing")


@router.get("/reviews/rules")
def ruling(visit: VisitDep) -> HTMLResponse:
    """How many exams are read again, whose, and whether blindly."""
    with visit.db.begin() as tx:
        found = service.ruling(tx, visit.caller, now=visit.now)
    return visit.show(
        "reading/second_rules.html", block="rules", ruling=found, tabs=tabs.of(visit.caller)
    )


@router.post("/reviews/rules")
def add_rule(visit: VisitDep, asked: Annotated[RuleForm, Form()]) -> RedirectResponse:
    """A rule from today on."""
    with visit.db.begin() as tx:
        service.add_rule(tx, visit.caller, asked.wish(), now=visit.now)
    return go(_RULES)


@router.post("/reviews/rules/{rule_id}/end")
def end_rule(visit: VisitDep, rule_id: UUID) -> RedirectResponse:
    """A rule ends today."""
    with visit.db.begin() as tx:
        service.end_rule(tx, visit.caller, rule_id, now=visit.now)
    return go(_RULES)


@router.get("/reviews/figures")
def figures(visit: VisitDep) -> HTMLResponse:
    """A year of second readings by type of exam; nobody is named."""
    with visit.db.begin() as tx:
        found = service.figures(tx, visit.caller, now=visit.now)
    return visit.show(
        "reading/second_figures.html",
        block="figures",
        figures=found,
        enough=rules.ENOUGH,
        tabs=tabs.of(visit.caller),
    )


@router.get("/reviews/{exam_id}")
def desk(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """One exam that is read again."""
    with visit.db.begin() as tx:
        found = service.desk(tx, visit.caller, exam_id, now=visit.now)
    return _shown(visit, found)


def _shown(
    visit: Visit,
    found: service.Desk,
    typed: TextForm | ScoreForm | None = None,
    error: PlateauError | None = None,
) -> HTMLResponse:
    return visit.show(
        "reading/second_desk.html",
        status_code=422 if error else 200,
        desk=found,
        typed=typed,
        error=error,
        sentence=sentence,
    )


@router.post("/reviews/{exam_id}/take")
def take(visit: VisitDep, exam_id: ExamId) -> RedirectResponse:
    """Read one exam again."""
    with visit.db.begin() as tx:
        service.take(tx, visit.caller, exam_id, now=visit.now)
    return go(f"/reviews/{exam_id}")


@router.post("/reviews/{exam_id}/release")
def release(visit: VisitDep, exam_id: ExamId) -> RedirectResponse:
    """Leave it to others."""
    with visit.db.begin() as tx:
        service.release(tx, visit.caller, exam_id, now=visit.now)
    return go(_LIST)


@router.post("/reviews/{exam_id}/text")
def write(
    visit: VisitDep,
    exam_id: ExamId,
    asked: Annotated[TextForm, Form()],
) -> Response:
    """Sign what was read blindly; then the first report is shown."""
    text = (lines(asked.result), lines(asked.conclusion))
    try:
        with visit.db.begin() as tx:
            service.write(
                tx, visit.caller, exam_id, text=text, password=asked.password, now=visit.now
            )
    except (InvalidInputError, RuleBrokenError) as error:
        with visit.db.begin() as tx:
            found = service.desk(tx, visit.caller, exam_id, now=visit.now)
        return _shown(visit, found, asked, error)
    return go(f"/reviews/{exam_id}")


@router.post("/reviews/{exam_id}/score")
def score(
    visit: VisitDep,
    exam_id: ExamId,
    asked: Annotated[ScoreForm, Form()],
) -> Response:
    """Say how far the readings are apart, and come back to the list."""
    try:
        with visit.db.begin() as tx:
            service.score(
                tx, visit.caller, exam_id, said=(asked.score, asked.comment), now=visit.now
            )
    except (InvalidInputError, RuleBrokenError) as error:
        with visit.db.begin() as tx:
            found = service.desk(tx, visit.caller, exam_id, now=visit.now)
        return _shown(visit, found, asked, error)
    return go(f"{_LIST}?done=scored")


@router.post("/reviews/{exam_id}/seen")
def see(visit: VisitDep, exam_id: ExamId) -> RedirectResponse:
    """The first reader has taken note."""
    with visit.db.begin() as tx:
        service.see(tx, visit.caller, exam_id, now=visit.now)
    return go(_LIST)


@router.get("/exams/{exam_id}/second")
def beside(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """How the second reading of an exam stands, beside its report."""
    with visit.db.begin() as tx:
        found = service.of_exam(tx, visit.caller, exam_id, now=visit.now)
    sees_more = visit.caller.is_one_of(*service.LISTED)
    return visit.show_beside(
        "reading/second_beside.html", second=found, exam_id=exam_id, sees_more=sees_more
    )
