"""DICOMweb (PS3.18) for the viewer: search and retrieval, with the caller's rights applied."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from plateau.images import dicomweb, pixels, viewing
from plateau.images.types import Instance, Search
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import PatientId
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep

router = APIRouter(prefix="/dicom-web")
_INSTANCE = "/studies/{study_uid}/series/{series_uid}/instances/{uid}"
_MOST_FRAMES = 200


@dataclass(frozen=True, slots=True)
class Address:
    """The UIDs in a path; those that it does not have are None."""

    study_uid: str
    series_uid: str = ""
    uid: str = ""


def _instance(
    address: Annotated[Address, Depends()], db: DbDep, caller: CallerDep, now: NowDep
) -> Instance:
    with db.begin() as tx:
        return viewing.instance(
            tx,
            caller,
            study_uid=address.study_uid,
            series_uid=address.series_uid,
            sop_instance_uid=address.uid,
            now=now,
        )


InstanceDep = Annotated[Instance, Depends(_instance)]


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


@router.get("/studies/{study_uid}/metadata")
@router.get("/studies/{study_uid}/series/{series_uid}/metadata")
@router.get(_INSTANCE + "/metadata")
def metadata(
    request: Request,
    address: Annotated[Address, Depends()],
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
) -> Response:
    """WADO-RS: metadata without bulk data."""
    with db.begin() as tx:
        found = viewing.describe(
            tx,
            caller,
            study_uid=address.study_uid,
            series_uid=address.series_uid or None,
            sop_instance_uid=address.uid or None,
            now=now,
        )
    return dicomweb.metadata(request, [one.metadata for one in found])


@router.get(_INSTANCE)
def retrieve(request: Request, instance: InstanceDep, blobs: BlobsDep) -> Response:
    """WADO-RS: the file, as it was received."""
    return dicomweb.unchanged(request, instance.digest) or dicomweb.multipart(
        [blobs.get(instance.blob_key)],
        kind="application/dicom",
        syntax=instance.transfer_syntax_uid,
        tag=instance.digest,
    )


@router.get(_INSTANCE + "/frames/{numbers}")
def frames(request: Request, numbers: str, instance: InstanceDep, blobs: BlobsDep) -> Response:
    """WADO-RS: frames, as they are stored."""
    wanted = _numbers(numbers)
    tag = f"{instance.digest}-{numbers}"
    return dicomweb.unchanged(request, tag) or dicomweb.multipart(
        [pixels.frame(blobs, instance, number) for number in wanted],
        kind="application/octet-stream",
        syntax=pixels.frame_syntax(instance),
        tag=tag,
    )


@router.get(_INSTANCE + "/bulkdata/{tag}")
def bulkdata(
    tag: Annotated[str, Path(pattern="^[0-9A-Fa-f]{8}$")], instance: InstanceDep, blobs: BlobsDep
) -> Response:
    """WADO-RS: one value that metadata gives as an address."""
    return dicomweb.multipart(
        [pixels.bulk(blobs.get(instance.blob_key), tag)],
        kind="application/octet-stream",
        syntax=pixels.frame_syntax(instance),
        tag=f"{instance.digest}-{tag}",
    )


@router.get(_INSTANCE + "/rendered")
@router.get(_INSTANCE + "/frames/{number}/rendered")
def rendered(request: Request, instance: InstanceDep, blobs: BlobsDep, number: int = 1) -> Response:
    """WADO-RS: a picture for people without a viewer, in PNG for whoever asks."""
    form = "PNG" if "image/png" in request.headers.get("Accept", "") else "JPEG"
    body = pixels.picture(blobs.get(instance.blob_key), number, form=form)
    return dicomweb.picture(body, f"image/{form.lower()}")


@router.get(_INSTANCE + "/thumbnail")
@router.get(_INSTANCE + "/frames/{number}/thumbnail")
def thumbnail(instance: InstanceDep, blobs: BlobsDep, number: int = 1) -> Response:
    """WADO-RS: a small picture."""
    body = pixels.picture(blobs.get(instance.blob_key), number, form="JPEG", small=True)
    return dicomweb.picture(body, "image/jpeg")


def _either(request: Request, keyword: str, tag: str) -> str:
    parameters = request.query_params
    return parameters.get(keyword) or parameters.get(tag) or ""


def _patient_ids(text: str) -> tuple[PatientId, ...]:
    """Our own identifiers; others designate nobody."""
    try:
        return (PatientId(UUID(text)),)
    except ValueError:
        return ()


def _numbers(text: str) -> list[int]:
    """The frames of a path such as `1,2,3`."""
    parts = text.split(",")
    if len(parts) > _MOST_FRAMES or not all(part.isdecimal() for part in parts):
        raise InvalidInputError("frames are numbers with commas between them")
    return [int(part) for part in parts]
