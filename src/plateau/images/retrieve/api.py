"""WADO-RS (PS3.18, 10.4): retrieval, with the caller's rights applied."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from plateau.images.formats import transcode
from plateau.images.retrieve import archive, bodies, looks, media, pixels
from plateau.images.retrieve import service as retrieving
from plateau.images.retrieve.media import DICOM, OCTETS, ZIP
from plateau.images.retrieve.service import Address
from plateau.images.retrieve.types import Form, Offer, Stored
from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep

router = APIRouter(prefix="/dicom-web")
_STUDY = "/studies/{study_uid}"
_SERIES = _STUDY + "/series/{series_uid}"
_INSTANCE = _SERIES + "/instances/{uid}"
_FRAMES = _INSTANCE + "/frames/{numbers}"
_MOST_FRAMES = 200
_FILES = (Offer(kind=DICOM, is_multipart=True), Offer(kind=ZIP))
_BYTES = (Offer(kind=OCTETS, is_multipart=True), Offer(kind=OCTETS))
_DATA_SETS = (Offer(kind="application/dicom+json"), Offer(kind="application/json"))
_PICTURES = tuple(Offer(kind=f"image/{form}") for form in ("jpeg", "png", "gif"))


def _accepted(request: Request, offers: Sequence[Offer]) -> Form:
    """The form of the answer; a parameter of the query stands for the header. PS3.18, 8.3.3."""
    header = request.query_params.get("accept") or request.headers.get("Accept", "")
    return media.agree(media.wanted(header), offers)


# `async`: no thread is woken for what only looks.
async def _address(study_uid: str, series_uid: str = "", uid: str = "") -> Address:
    return Address(study_uid, series_uid, uid)


_SEVERAL_PICTURES = tuple(Offer(kind=one.kind, is_multipart=True) for one in _PICTURES)
AddressDep = Annotated[Address, Depends(_address)]


@dataclass(frozen=True, slots=True)
class Asked:
    """One instance that somebody asks for."""

    address: Address
    db: Db
    caller: Caller
    now: datetime

    def instance(self) -> Stored:
        """Where it lies; the first look at a study is recorded, the next need no transaction."""
        with self.db.look() as tx:
            found = retrieving.seen(tx, self.caller, self.address, now=self.now)
        if found:
            return found
        with self.db.begin() as tx:
            return retrieving.instance(tx, self.caller, self.address, now=self.now)


async def _asked(address: AddressDep, db: DbDep, caller: CallerDep, now: NowDep) -> Asked:
    return Asked(address, db, caller, now)


AskedDep = Annotated[Asked, Depends(_asked)]


@router.get(_STUDY)
@router.get(_SERIES)
@router.get(_INSTANCE)
def retrieve(
    request: Request,
    address: AddressDep,
    db: DbDep,
    blobs: BlobsDep,
    caller: CallerDep,
    now: NowDep,
) -> Response:
    """The files of a study, a series or an instance; the bytes as received unless asked else."""
    single = (Offer(kind=DICOM),) if address.uid else ()
    with db.begin() as tx:
        found = retrieving.files(tx, caller, address, now=now)
        form = _accepted(request, (*_FILES, *single))
        if form.kind == ZIP:
            listed = retrieving.listed(tx, caller, address, now=now)
            return archive.answer(blobs, found, listed)
    return _files(request, blobs, found, form)


@router.get(_STUDY + "/metadata")
@router.get(_SERIES + "/metadata")
@router.get(_INSTANCE + "/metadata")
def metadata(
    request: Request, address: AddressDep, db: DbDep, caller: CallerDep, now: NowDep
) -> Response:
    """Metadata without bulk data."""
    with db.begin() as tx:
        found = retrieving.describe(tx, caller, address, now=now)
    _accepted(request, _DATA_SETS)
    return bodies.described(request, found.compressed, found.tag)


@router.get(_FRAMES)
def frames(request: Request, numbers: str, asked: AskedDep, blobs: BlobsDep) -> Response:
    """Frames, as they are stored or decoded."""
    instance = asked.instance()
    wanted = _numbers(numbers, instance)
    compressed = Offer(kind=media.kind_of_frames(instance.transfer_syntax_uid), is_multipart=True)
    form = _accepted(request, (*_BYTES[: 1 + (len(wanted) == 1)], compressed))
    syntax = _frame_syntax(form, instance)
    tag = f"{instance.blob_key}-{numbers}-{form.kind}-{syntax}"
    same = bodies.unchanged(request, tag)
    if same:
        return same
    parts = [pixels.frame_in(blobs, instance, number, syntax=syntax) for number in wanted]
    return bodies.parts(parts, form=form, syntax=syntax, tag=tag)


@router.get(_INSTANCE + "/bulkdata/{tag}")
def bulkdata(
    request: Request,
    tag: Annotated[str, Path(pattern="^[0-9A-Fa-f]{8}$")],
    asked: AskedDep,
    blobs: BlobsDep,
) -> Response:
    """One value that metadata gives as an address."""
    instance = asked.instance()
    form = _accepted(request, _BYTES)
    value = pixels.bulk(blobs.get(instance.blob_key), tag)
    syntax = pixels.frame_syntax(instance)
    return bodies.parts([value], form=form, syntax=syntax, tag=f"{instance.blob_key}-{tag}")


@router.get(_INSTANCE + "/rendered")
@router.get(_FRAMES + "/rendered")
def rendered(request: Request, asked: AskedDep, blobs: BlobsDep, numbers: str = "1") -> Response:
    """A picture for people without a viewer."""
    instance = asked.instance()
    (number,) = _numbers(numbers, instance)[:1]
    form = _accepted(request, _PICTURES).kind.removeprefix("image/")
    look = looks.asked(request.query_params)
    content = blobs.get(instance.blob_key)
    return bodies.picture(
        pixels.picture(content, number, form=form.upper(), look=look), f"image/{form}"
    )


@router.get(_STUDY + "/rendered")
@router.get(_SERIES + "/rendered")
def all_rendered(
    request: Request,
    address: AddressDep,
    db: DbDep,
    blobs: BlobsDep,
    caller: CallerDep,
    now: NowDep,
) -> Response:
    """A picture of every instance that has pixels, of its first frame. PS3.18, 10.4.1.1.3."""
    with db.begin() as tx:
        found = retrieving.shown(tx, caller, address, now=now)
    form = _accepted(request, _SEVERAL_PICTURES).kind.removeprefix("image/")
    look = looks.asked(request.query_params)

    def reader(one: Stored) -> Callable[[], bytes]:
        return lambda: pixels.picture(blobs.get(one.blob_key), 1, form=form.upper(), look=look)

    return bodies.pictures([reader(one) for one in found], f"image/{form}")


@router.get(_STUDY + "/thumbnail")
@router.get(_SERIES + "/thumbnail")
def representative(
    request: Request,
    address: AddressDep,
    db: DbDep,
    blobs: BlobsDep,
    caller: CallerDep,
    now: NowDep,
) -> Response:
    """A small picture that stands for a study or a series: its middle image."""
    with db.begin() as tx:
        found = retrieving.middle(tx, caller, address, now=now)
    return _thumbnail(request, blobs, found, (found.frames + 1) // 2)


@router.get(_INSTANCE + "/thumbnail")
@router.get(_FRAMES + "/thumbnail")
def thumbnail(request: Request, asked: AskedDep, blobs: BlobsDep, numbers: str = "1") -> Response:
    """A small picture."""
    instance = asked.instance()
    (number,) = _numbers(numbers, instance)[:1]
    return _thumbnail(request, blobs, instance, number)


def _thumbnail(request: Request, blobs: Blobs, instance: Stored, number: int) -> Response:
    form = _accepted(request, _PICTURES).kind.removeprefix("image/")
    look = looks.thumbnail(request.query_params)
    tag = f"{instance.blob_key}-{number}-{form}-{look.viewport}"
    same = bodies.unchanged(request, tag)
    if same:
        return same
    content = blobs.get(instance.blob_key)
    body = pixels.picture(content, number, form=form.upper(), look=look)
    return bodies.picture(body, f"image/{form}", tag=tag)


def _files(request: Request, blobs: Blobs, found: Sequence[Stored], form: Form) -> Response:
    syntaxes = [transcode.target(form.syntax, one.transfer_syntax_uid) for one in found]
    readers = [_reader(blobs, one, syntax) for one, syntax in zip(found, syntaxes, strict=True)]
    if len(found) == 1:
        tag = f"{found[0].blob_key}-{form.is_multipart}-{syntaxes[0]}"
        same = bodies.unchanged(request, tag)
        return same or bodies.parts([readers[0]()], form=form, syntax=syntaxes[0], tag=tag)
    is_as_stored = all(
        one.transfer_syntax_uid == syntax for one, syntax in zip(found, syntaxes, strict=True)
    )
    sizes = [one.bytes for one in found] if is_as_stored else None
    return bodies.files(readers, syntaxes=syntaxes, sizes=sizes)


def _reader(blobs: Blobs, instance: Stored, syntax: str) -> Callable[[], bytes]:
    def read() -> bytes:
        content = blobs.get(instance.blob_key)
        if syntax == instance.transfer_syntax_uid:
            return content
        return transcode.to_syntax(content, syntax)

    return read


def _frame_syntax(form: Form, instance: Stored) -> str:
    """The transfer syntax of the frames; a compressed form is what is stored, or nothing."""
    stored = pixels.frame_syntax(instance)
    if form.kind == OCTETS:
        return transcode.target(form.syntax, stored)
    asked = "*" if form.syntax == media.EXPLICIT else form.syntax
    return transcode.target(asked, stored)


def _numbers(text: str, instance: Stored) -> list[int]:
    """The frames of a path such as `1,2,3`."""
    parts = text.split(",")
    if len(parts) > _MOST_FRAMES or not all(part.isdecimal() for part in parts):
        raise InvalidInputError("frames are numbers with commas between them")
    return [pixels.checked(instance, int(part)) for part in parts]
