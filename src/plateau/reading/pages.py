"""Pages of reading: the worklist, the reading desk, an exam and its report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError, PlateauError, RuleBrokenError
from plateau.kernel.ids import ExamId, PersonId, VersionId
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import assigning, entering, preliminary, rejected, service, signature, views
from plateau.reading.types import Addendum, Giving, Save, Sections, Signing
from plateau.reading.views import Desk
from plateau.web.language import sentence
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep, render

router = APIRouter()

WallDep = Annotated[datetime, Depends(clock.wall)]


def _save(
    exam_id: ExamId,
    indication: Annotated[str, Form()] = "",
    technique: Annotated[str, Form()] = "",
    result: Annotated[str, Form()] = "",
    conclusion: Annotated[str, Form()] = "",
    revision: Annotated[int, Form()] = 0,
) -> Save:
    """The report as its form holds it."""
    texts = (indication, technique, result, conclusion)
    names = ("indication", "technique", "result", "conclusion")
    lines = {name: text.replace("\r\n", "\n") for name, text in zip(names, texts, strict=True)}
    return Save(exam_id=exam_id, sections=Sections(**lines), revision=revision)


def _addendum(
    exam_id: ExamId,
    text: Annotated[str, Form()] = "",
    conclusion: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Addendum:
    """An addendum as its form holds it."""
    return Addendum(
        exam_id=exam_id, text=text, conclusion=conclusion, reason=reason, password=password
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """One call of a door: who asks what, when, and the database to answer from."""

    request: Request
    db: Db
    blobs: Blobs
    caller: Caller
    now: datetime
    wall: datetime


def _visit(
    request: Request, db: DbDep, blobs: BlobsDep, caller: CallerDep, now: NowDep, wall: WallDep
) -> Visit:
    return Visit(request, db, blobs, caller, now, wall)


VisitDep = Annotated[Visit, Depends(_visit)]
AddendumDep = Annotated[Addendum, Depends(_addendum)]
SaveDep = Annotated[Save, Depends(_save)]


@router.post("/worklist/next")
def take_next(visit: VisitDep) -> Response:
    """Take the most urgent exam and open it; without any, the list says so."""
    return _go(visit.request, _next_path(visit, otherwise="/worklist?done=nothing"))


@router.post("/worklist/{exam_id}/take")
def take(visit: VisitDep, exam_id: ExamId) -> Response:
    """Take one exam and open it."""
    with visit.db.begin() as tx:
        service.take(tx, visit.caller, exam_id=exam_id, now=visit.now, wall=visit.wall)
    return _go(visit.request, f"/read/{exam_id}")


@router.post("/worklist/{exam_id}/incomplete")
def read_incomplete(
    visit: VisitDep, exam_id: ExamId, reason: Annotated[str, Form()] = ""
) -> Response:
    """A reader takes an exam whose images are not all there, with a reason, and opens it."""
    with visit.db.begin() as tx:
        entering.read_incomplete(tx, visit.caller, exam_id=exam_id, reason=reason, now=visit.now)
        service.take(tx, visit.caller, exam_id=exam_id, now=visit.now, wall=visit.wall)
    return _go(visit.request, f"/read/{exam_id}")


@router.post("/worklist/{exam_id}/release")
def release(visit: VisitDep, exam_id: ExamId) -> Response:
    """Leave an exam to others, and come back to the list."""
    with visit.db.begin() as tx:
        service.release(tx, visit.caller, exam_id=exam_id, now=visit.now)
    if visit.request.headers.get("HX-Request"):
        return Response(status_code=204)  # the open list hears that it changed
    return RedirectResponse("/worklist", status_code=303)


@router.post("/worklist/{exam_id}/decline")
def decline(visit: VisitDep, exam_id: ExamId) -> Response:
    """Leave to others an exam that was given to the caller."""
    with visit.db.begin() as tx:
        assigning.decline(tx, visit.caller, exam_id, now=visit.now)
    if visit.request.headers.get("HX-Request"):
        return Response(status_code=204)  # the open list hears that it changed
    return RedirectResponse("/worklist", status_code=303)


@router.post("/exams/{exam_id}/assign")
def assign(visit: VisitDep, exam_id: ExamId, person_id: Annotated[UUID, Form()]) -> Response:
    """Give an exam to a reader."""
    with visit.db.begin() as tx:
        assigning.assign(tx, visit.caller, exam_id, to=PersonId(person_id), now=visit.now)
    return _go(visit.request, f"/exams/{exam_id}")


@router.get("/read/{exam_id}")
def read(visit: VisitDep, exam_id: ExamId) -> Response:
    """Images, request, earlier exams and report of one exam, on one page."""
    with visit.db.begin() as tx:
        desk = views.desk(tx, visit.blobs, visit.caller, exam_id=exam_id, now=visit.now)
    return render(visit.request, "reading/read.html", **_desk_values(desk))


@router.get("/read/{exam_id}/clock")
def look(visit: VisitDep, exam_id: ExamId) -> Response:
    """How the exam stands now, for a page that only looks on."""
    with visit.db.begin() as tx:
        seen = views.clock(tx, visit.caller, exam_id=exam_id, now=visit.now)
    return render(visit.request, "reading/clock.html", clock=seen)


@router.post("/read/{exam_id}/heartbeat")
def heartbeat(visit: VisitDep, exam_id: ExamId) -> Response:
    """The page is still open: keep the exam, and say how it stands."""
    with visit.db.begin() as tx:
        service.heartbeat(tx, visit.caller, exam_id=exam_id, wall=visit.wall)
        seen = views.clock(tx, visit.caller, exam_id=exam_id, now=visit.now)
    return render(visit.request, "reading/clock.html", clock=seen)


@router.post("/read/{exam_id}/draft")
def save_draft(visit: VisitDep, save: SaveDep) -> Response:
    """Keep the text; when it cannot be kept it stays on the screen, with the reason."""
    try:
        with visit.db.begin() as tx:
            service.save_draft(tx, visit.caller, save, now=visit.now, wall=visit.wall)
    except (ConflictError, RuleBrokenError) as error:
        return _refused(visit, save, error)
    if not visit.request.headers.get("HX-Request"):
        return RedirectResponse(f"/read/{save.exam_id}", status_code=303)
    return _state(visit, save)


@router.post("/read/{exam_id}/sign")
def sign(
    visit: VisitDep,
    save: SaveDep,
    password: Annotated[str, Form()] = "",
    despite_warnings: Annotated[bool, Form()] = False,
) -> Response:
    """Sign the text on the screen, then open the next exam; the list when none waits."""
    signing = Signing(save=save, password=password, despite_warnings=despite_warnings)
    try:
        with visit.db.begin() as tx:
            signature.sign(tx, visit.blobs, visit.caller, signing, now=visit.now, wall=visit.wall)
    except (ConflictError, RuleBrokenError) as error:
        return _refused(visit, save, error)
    path = _next_path(visit, otherwise="/worklist")
    return _go(visit.request, f"{path}?signed={save.exam_id}")


@router.post("/read/{exam_id}/preliminary")
def give_preliminarily(
    visit: VisitDep, save: SaveDep, told: Annotated[str, Form()] = ""
) -> Response:
    """Give the text on the screen before it is signed, then open the next exam, if one waits."""
    try:
        with visit.db.begin() as tx:
            giving = Giving(save=save, told=told)
            preliminary.give(tx, visit.blobs, visit.caller, giving, now=visit.now, wall=visit.wall)
    except (ConflictError, InvalidInputError, RuleBrokenError) as error:
        return _refused(visit, save, error)
    return _go(visit.request, _next_path(visit, otherwise="/worklist"))


@router.get("/exams/{exam_id}/signature")
def look_at_signature(visit: VisitDep, exam_id: ExamId) -> Response:
    """Part of the page after signing: recall, or the printed report once it is final."""
    with visit.db.begin() as tx:
        seen = views.signed(tx, visit.caller, exam_id=exam_id, wall=visit.wall)
    return render(visit.request, "reading/signature.html", signed=seen)


@router.post("/exams/{exam_id}/recall")
def recall(visit: VisitDep, exam_id: ExamId) -> Response:
    """What the caller has just signed is a draft again, and open before them."""
    with visit.db.begin() as tx:
        signature.recall(tx, visit.caller, exam_id, now=visit.now, wall=visit.wall)
        service.take(tx, visit.caller, exam_id=exam_id, now=visit.now, wall=visit.wall)
    return _go(visit.request, f"/read/{exam_id}")


@router.get("/exams/{exam_id}")
def exam(visit: VisitDep, exam_id: ExamId) -> Response:
    """What happened to an exam, from its request to its report."""
    return _dossier(visit, exam_id)


@router.post("/exams/{exam_id}/addendum")
def add_addendum(visit: VisitDep, addendum: AddendumDep) -> Response:
    """Add a version to a signed report; what was typed comes back when it is refused."""
    try:
        with visit.db.begin() as tx:
            signature.add_addendum(tx, visit.blobs, visit.caller, addendum, now=visit.now)
    except (InvalidInputError, RuleBrokenError) as error:
        return _dossier(visit, addendum.exam_id, typed=addendum, error=error)
    return _go(visit.request, f"/exams/{addendum.exam_id}")


@router.post("/exams/{exam_id}/rejected/{rejection_id}")
def decide_on_rejected(
    visit: VisitDep,
    exam_id: ExamId,
    rejection_id: int,
    verdict: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """A reader has decided what the rejection of images changes for the report."""
    said = (verdict, reason)
    with visit.db.begin() as tx:
        rejected.decide(tx, visit.caller, exam_id, rejection_id, said=said, now=visit.now)
    return _go(visit.request, f"/exams/{exam_id}")


@router.get("/reports/{version_id}.pdf")
def document(visit: VisitDep, version_id: VersionId) -> Response:
    """The printed report, as it was signed."""
    with visit.db.begin() as tx:
        key = views.document_key(tx, visit.caller, version_id=version_id, now=visit.now)
    headers = {
        "Content-Disposition": f'inline; filename="{version_id}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(visit.blobs.get(key), media_type="application/pdf", headers=headers)


def _go(request: Request, path: str) -> Response:
    """The next page, however the form was sent."""
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def _next_path(visit: Visit, *, otherwise: str) -> str:
    """The page of the next exam, which is now the caller's."""
    with visit.db.begin() as tx:
        exam_id = service.take_next(tx, visit.caller, now=visit.now, wall=visit.wall)
    return f"/read/{exam_id}" if exam_id else otherwise


def _state(visit: Visit, save: Save, error: PlateauError | None = None) -> Response:
    """Where the draft on the screen stands, and why it could not be kept or signed."""
    with visit.db.begin() as tx:
        standing = views.standing(tx, visit.caller, exam_id=save.exam_id, typed=save.sections)
    return render(
        visit.request,
        "reading/state.html",
        status_code=_status_of(error),
        standing=standing,
        error=error,
        sentence=sentence,
    )


def _refused(visit: Visit, save: Save, error: PlateauError) -> Response:
    """The reason, beside the text that stays on the screen."""
    if visit.request.headers.get("HX-Request"):
        return _state(visit, save, error)
    with visit.db.begin() as tx:
        desk = views.desk(
            tx, visit.blobs, visit.caller, exam_id=save.exam_id, now=visit.now, typed=save.sections
        )
    values = _desk_values(desk, error)
    return render(visit.request, "reading/read.html", status_code=_status_of(error), **values)


def _dossier(
    visit: Visit,
    exam_id: ExamId,
    *,
    typed: Addendum | None = None,
    error: PlateauError | None = None,
) -> Response:
    with visit.db.begin() as tx:
        dossier = views.dossier(tx, visit.caller, exam_id=exam_id, now=visit.now)
    return render(
        visit.request,
        "reading/exam.html",
        status_code=_status_of(error),
        dossier=dossier,
        typed=typed,
        error=error,
        sentence=sentence,
    )


def _desk_values(desk: Desk, error: PlateauError | None = None) -> dict[str, Any]:
    return {
        "desk": desk,
        "clock": desk.clock,
        "standing": desk.standing,
        "error": error,
        "sentence": sentence,
    }


def _status_of(error: PlateauError | None) -> int:
    if error is None:
        return 200
    return 409 if isinstance(error, ConflictError) else 422
