"""The small pictures of the list of studies."""

from functools import lru_cache

from fastapi import APIRouter, Request, Response

from plateau.images.browse import service as browsing
from plateau.images.retrieve import bodies, pixels
from plateau.images.retrieve.types import Look
from plateau.kernel.errors import RuleBrokenError
from plateau.platform.blobs import Blobs
from plateau.web.pages import BlobsDep, CallerDep, DbDep

router = APIRouter(prefix="/images")
_SIDE = 64  # pixels: enough to know a head from a chest, too few to read anything
_KEPT = 4_000  # pictures, of 2 kB each


@router.get("/studies/{study_uid}/picture")
def picture(
    request: Request, study_uid: str, db: DbDep, blobs: BlobsDep, caller: CallerDep
) -> Response:
    """A small picture of a study; no content when it has none that can be shown.

    It is no look at the images: the search that lists it is recorded, not each picture of a list.
    """
    with db.begin() as tx:
        found = browsing.picture(tx, caller, study_uid)
    if found is None:
        return Response(status_code=204, headers=bodies.PRIVATE)
    tag = f"{found.blob_key}-{_SIDE}"
    same = bodies.unchanged(request, tag)
    if same:
        return same
    try:
        body = _small(blobs, found.blob_key, (found.frames + 1) // 2)
    except RuleBrokenError:
        return Response(status_code=204, headers=bodies.PRIVATE)
    return bodies.picture(body, "image/jpeg", tag=tag)


@lru_cache(maxsize=_KEPT)
def _small(blobs: Blobs, key: str, frame: int) -> bytes:
    look = Look(viewport=(_SIDE, _SIDE))
    return pixels.picture(blobs.get(key), frame, form="JPEG", look=look)
