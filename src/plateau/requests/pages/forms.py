"""What the forms of requests hold."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator

from plateau.kernel.ids import SiteId
from plateau.requests.types import Decision, DecisionKind, Draft

_LONG = 20_000  # far above what is accepted: the page says what is too long


def _plain(text: str) -> str:
    """One kind of line end, and nothing that a database cannot hold."""
    return text.replace("\r\n", "\n").replace("\0", "")


Text = Annotated[str, Form(max_length=_LONG), AfterValidator(_plain)]


async def _draft(request: Request) -> Draft:
    """A request as its form holds it; what is absent is empty."""
    form = await request.form()

    def text(name: str) -> str:
        return _plain(str(form.get(name, "")))[:_LONG]

    return Draft(
        site_id=_site(text("site_id")),
        local_id=text("local_id"),
        surname=text("surname"),
        first_name=text("first_name"),
        birth_on=text("birth_on"),
        sex=text("sex"),
        callback_phone=text("callback_phone"),
        urgency=text("urgency"),
        exam_code=text("exam_code"),
        context=text("context"),
        aim=text("aim"),
        region=text("region"),
        risks=text("risks"),
        pregnancy=text("pregnancy"),
        allergy=text("allergy"),
        renal=text("renal"),
        implant=text("implant"),
        earlier=text("earlier"),
        technique=text("technique"),
        wished_delay=text("wished_delay"),
        informed=text("informed") == "yes",
    )


def _decision(
    kind: Annotated[DecisionKind, Form()],
    protocol: Text = "",
    exam_code: Annotated[str, Form(max_length=64), AfterValidator(_plain)] = "",
    text: Text = "",
) -> Decision:
    return Decision(kind=kind, protocol=protocol, exam_code=exam_code, text=text)


def _opened(request: Request) -> bool:
    """Whether a person opened the page, rather than the page looking again by itself."""
    return "HX-Request" not in request.headers


def _site(text: str) -> SiteId | None:
    try:
        return SiteId(UUID(text))
    except ValueError:
        return None


DraftDep = Annotated[Draft, Depends(_draft)]
DecisionDep = Annotated[Decision, Depends(_decision)]
OpenedDep = Annotated[bool, Depends(_opened)]


def to(path: str) -> RedirectResponse:
    """The page to look at after a form was taken."""
    return RedirectResponse(path, status_code=303)
