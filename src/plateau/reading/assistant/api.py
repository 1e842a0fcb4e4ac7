"""The door of programs that propose drafts: FHIR R4, each with its own token."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Body, Depends, Header, Response
from pydantic import ValidationError

from plateau.kernel.errors import InvalidInputError
from plateau.reading.assistant import fhir
from plateau.reading.assistant.service import arriving
from plateau.reading.assistant.types import Model
from plateau.web.pages import DbDep, NowDep

router = APIRouter(prefix="/api/fhir")
_BEARER = "bearer "
_LARGEST = 1_000_000  # bytes of a draft


def _model(db: DbDep, authorization: Annotated[str, Header()] = "") -> Model:
    """The program whose token comes with the call."""
    is_bearer = authorization[: len(_BEARER)].lower() == _BEARER
    token = authorization[len(_BEARER) :].strip() if is_bearer else ""
    with db.begin() as tx:
        return arriving.model_of(tx, token=token)


ModelDep = Annotated[Model, Depends(_model)]


@router.get("/ImagingStudy")
def awaited(db: DbDep, now: NowDep, model: ModelDep) -> Response:
    """The exams of which the program may send a draft, the most urgent first."""
    with db.begin() as tx:
        exams = arriving.awaited(tx, model, now=now)
    return _answer(fhir.worklist(exams, model), 200)


@router.post("/DiagnosticReport")
def propose(
    db: DbDep, now: NowDep, model: ModelDep, document: Annotated[dict[str, Any], Body()]
) -> Response:
    """Propose a draft: 201 once it is durable, 200 when it was sent before."""
    arrival = fhir.arrival(_parsed(document), document)
    with db.begin() as tx:
        proposal_id, is_new = arriving.propose(tx, model, arrival, now=now)
    return _created(document, proposal_id, is_new=is_new)


@router.get("/DiagnosticReport/{proposal_id}")
def sent(db: DbDep, model: ModelDep, proposal_id: UUID) -> Response:
    """What the program itself once sent."""
    with db.begin() as tx:
        document = arriving.document(tx, model, proposal_id)
    return _answer(fhir.kept(document, str(proposal_id)), 200)


def _parsed(document: dict[str, Any]) -> fhir.DiagnosticReport:
    if len(orjson.dumps(document)) > _LARGEST:
        raise InvalidInputError("a draft has {most} bytes at most", most=_LARGEST)
    try:
        return fhir.DiagnosticReport.model_validate(document)
    except ValidationError as error:
        found = sorted({".".join(str(part) for part in one["loc"]) for one in error.errors()})
        raise InvalidInputError("check these answers: {fields}", fields=", ".join(found)) from error


def _created(document: dict[str, Any], proposal_id: UUID, *, is_new: bool) -> Response:
    answer = _answer(fhir.kept(document, str(proposal_id)), 201 if is_new else 200)
    answer.headers["Location"] = f"{router.prefix}/DiagnosticReport/{proposal_id}"
    return answer


def _answer(resource: dict[str, Any], status: int) -> Response:
    return Response(
        orjson.dumps(resource),
        status_code=status,
        media_type=fhir.MEDIA,
        headers={"Cache-Control": "no-store"},
    )
