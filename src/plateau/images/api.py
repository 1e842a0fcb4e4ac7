"""QIDO-RS (PS3.18, 10.6) for the viewer: search, with the caller's rights applied."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from plateau.images import dicomweb, viewing
from plateau.images.types import Search
from plateau.kernel.ids import PatientId
from plateau.web.pages import CallerDep, DbDep, NowDep

router = APIRouter(prefix="/dicom-web")


def _search(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Search:
    """A search, its attributes named by keyword or by tag; those we do not index are ignored."""
    uids = _either(request, "StudyInstanceUID", "0020000D")
    patient = _either(request, "PatientID", "00100020")
    return Search(
        study_uids=tuple(uids.replace("\\", ",").split(",")) if uids else (),
        patient_ids=_patient_ids(patient) if patient else None,
        accession_number=_either(request, "AccessionNumber", "00080050"),
        limit=limit,
        offset=offset,
    )


SearchDep = Annotated[Search, Depends(_search)]


@router.get("/studies")
def studies(search: SearchDep, db: DbDep, caller: CallerDep) -> Response:
    """QIDO-RS: studies."""
    with db.begin() as tx:
        found = viewing.search(tx, caller, search=search)
    return dicomweb.listing([dicomweb.study(study) for study in found])


@router.get("/studies/{study_uid}/series")
def series(study_uid: str, db: DbDep, caller: CallerDep, now: NowDep) -> Response:
    """QIDO-RS: the series of a study."""
    with db.begin() as tx:
        found = viewing.series(tx, caller, study_uid=study_uid, now=now)
    return dicomweb.listing([dicomweb.series(one) for one in found])


@router.get("/studies/{study_uid}/instances")
@router.get("/studies/{study_uid}/series/{series_uid}/instances")
def instances(
    study_uid: str, db: DbDep, caller: CallerDep, now: NowDep, series_uid: str | None = None
) -> Response:
    """QIDO-RS: the instances of a study or of one of its series."""
    with db.begin() as tx:
        found = viewing.instances(tx, caller, study_uid=study_uid, series_uid=series_uid, now=now)
    return dicomweb.listing([dicomweb.instance(one, study_uid) for one in found])


def _either(request: Request, keyword: str, tag: str) -> str:
    parameters = request.query_params
    return parameters.get(keyword) or parameters.get(tag) or ""


def _patient_ids(text: str) -> tuple[PatientId, ...]:
    """Our own identifiers; others designate nobody."""
    try:
        return (PatientId(UUID(text)),)
    except ValueError:
        return ()
