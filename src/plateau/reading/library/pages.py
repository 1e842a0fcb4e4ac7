"""Pages of templates and macros."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.merge_fields import FRENCH, Field
from plateau.reading import tabs
from plateau.reading.library import mrrt, service
from plateau.reading.library.types import Chapters, Template, Wish
from plateau.reading.visit import Visit, VisitDep, go, lines
from plateau.web.language import sentence

router = APIRouter(prefix="/library")
_HOME = "/library"


class TemplateForm(BaseModel):
    """A template as typed."""

    name: str = ""
    technique: str = ""
    result: str = ""
    conclusion: str = ""
    exams: list[str] = []
    starts: bool = False
    shared: bool = False

    def wish(self) -> Wish:
        """The same, in our words."""
        return Wish(
            name=self.name,
            chapters=Chapters(
                technique=lines(self.technique),
                result=lines(self.result),
                conclusion=lines(self.conclusion),
            ),
            exam_codes=self.exams,
            starts=self.starts,
            shared=self.shared,
        )


class MacroForm(BaseModel):
    """A macro as typed."""

    short: str = ""
    text: str = ""
    shared: bool = False


class FileForm(BaseModel):
    """An MRRT file, and for which exams it is."""

    model_config = {"arbitrary_types_allowed": True}

    file: UploadFile
    exams: list[str] = []
    starts: bool = False
    shared: bool = False

    def wish(self) -> Wish:
        """What is wanted of the template that the file holds."""
        return Wish(
            name="",
            chapters=Chapters(technique="", result="", conclusion=""),
            exam_codes=self.exams,
            starts=self.starts,
            shared=self.shared,
        )


@router.get("")
def shelf(visit: VisitDep) -> HTMLResponse:
    """The templates and macros that the caller writes from, or keeps for everybody."""
    return _shelf(visit)


def _shelf(
    visit: Visit,
    *,
    typed: TemplateForm | MacroForm | None = None,
    error: InvalidInputError | None = None,
) -> HTMLResponse:
    with visit.db.begin() as tx:
        seen = service.shelf(tx, visit.caller)
    return visit.show(
        "reading/library.html",
        status_code=422 if error else 200,
        seen=seen,
        keeps=lambda owner: service.may_change(visit.caller, owner),
        fields=_fields(),
        typed=typed,
        error=error,
        sentence=sentence,
        tabs=tabs.of(visit.caller),
    )


@router.post("/templates", response_model=None)
def add(visit: VisitDep, asked: Annotated[TemplateForm, Form()]) -> HTMLResponse | RedirectResponse:
    """A new template."""
    try:
        with visit.db.begin() as tx:
            service.add(tx, visit.caller, asked.wish(), now=visit.now)
    except InvalidInputError as error:
        return _shelf(visit, typed=asked, error=error)
    return go(_HOME)


@router.post("/import", response_model=None)
def bring_in(
    visit: VisitDep, asked: Annotated[FileForm, Form()]
) -> HTMLResponse | RedirectResponse:
    """A template from an MRRT file; then its page, to be looked at."""
    data = asked.file.file.read(mrrt.LARGEST + 1)
    try:
        with visit.db.begin() as tx:
            template_id = service.bring_in(tx, visit.caller, data, asked.wish(), now=visit.now)
    except InvalidInputError as error:
        return _shelf(visit, error=error)
    return go(f"/library/templates/{template_id}")


@router.get("/templates/{template_id}.html")
def mrrt_file(visit: VisitDep, template_id: UUID) -> Response:
    """A template as an MRRT file."""
    with visit.db.begin() as tx:
        text = service.written(tx, visit.caller, template_id)
    headers = {"Content-Disposition": f'attachment; filename="{template_id}.html"'}
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/templates/{template_id}")
def template(visit: VisitDep, template_id: UUID) -> HTMLResponse:
    """One template, to be read or changed."""
    return _template(visit, template_id)


def _template(
    visit: Visit,
    template_id: UUID,
    *,
    typed: TemplateForm | None = None,
    error: InvalidInputError | None = None,
) -> HTMLResponse:
    with visit.db.begin() as tx:
        one = service.template(tx, visit.caller, template_id)
        seen = service.shelf(tx, visit.caller)
    return visit.show(
        "reading/library_template.html",
        status_code=422 if error else 200,
        one=one,
        typed=typed or _form(one),
        seen=seen,
        may_change=one.ended_at is None and service.may_change(visit.caller, one.owner_id),
        fields=_fields(),
        error=error,
        sentence=sentence,
        tabs=tabs.of(visit.caller),
    )


@router.post("/templates/{template_id}", response_model=None)
def change(
    visit: VisitDep, template_id: UUID, asked: Annotated[TemplateForm, Form()]
) -> HTMLResponse | RedirectResponse:
    """Another text in its place."""
    try:
        with visit.db.begin() as tx:
            service.change(tx, visit.caller, template_id, asked.wish(), now=visit.now)
    except InvalidInputError as error:
        return _template(visit, template_id, typed=asked, error=error)
    return go(_HOME)


@router.post("/templates/{template_id}/end")
def end(visit: VisitDep, template_id: UUID) -> RedirectResponse:
    """Nobody writes from it any more."""
    with visit.db.begin() as tx:
        service.end(tx, visit.caller, template_id, now=visit.now)
    return go(_HOME)


@router.post("/templates/{template_id}/back")
def bring_back(visit: VisitDep, template_id: UUID) -> RedirectResponse:
    """As it was before it ended."""
    with visit.db.begin() as tx:
        service.bring_back(tx, visit.caller, template_id, now=visit.now)
    return go(_HOME)


@router.post("/macros", response_model=None)
def put_macro(
    visit: VisitDep, asked: Annotated[MacroForm, Form()]
) -> HTMLResponse | RedirectResponse:
    """A short word stands for a text."""
    said = (asked.short, lines(asked.text))
    try:
        with visit.db.begin() as tx:
            service.put_macro(tx, visit.caller, said, shared=asked.shared, now=visit.now)
    except InvalidInputError as error:
        return _shelf(visit, typed=asked, error=error)
    return go(_HOME)


@router.post("/macros/{macro_id}/end")
def end_macro(visit: VisitDep, macro_id: UUID) -> RedirectResponse:
    """It stands for nothing any more."""
    with visit.db.begin() as tx:
        service.end_macro(tx, visit.caller, macro_id, now=visit.now)
    return go(_HOME)


def _form(one: Template) -> TemplateForm:
    return TemplateForm(
        name=one.name,
        technique=one.technique,
        result=one.result,
        conclusion=one.conclusion,
        exams=one.exam_codes,
        starts=one.starts,
        shared=one.owner_id is None,
    )


def _fields() -> list[tuple[Field, str]]:
    return [(field, "{" + name + "}") for field, name in FRENCH.items()]
