"""Files that pages load: our own and the vendored ones, under names that change with content."""

import gzip
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from plateau.kernel.errors import NotFoundError

router = APIRouter()
_WEB = Path(str(files("plateau.web")))
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content: bytes
    packed: bytes
    media_type: str


@cache
def _own() -> dict[str, str]:
    """Our own files: logical name to the name they are served under."""
    found: dict[str, str] = {}
    for path in sorted((_WEB / "static").iterdir()):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            found[path.name] = f"{path.stem}.{digest}{path.suffix}"
    return found


@cache
def _vendored() -> dict[str, str]:
    manifest: dict[str, str] = json.loads((_WEB / "vendor" / "manifest.json").read_text("utf-8"))
    return manifest


def asset(name: str) -> str:
    """Where a page finds the file of that logical name."""
    if name in _own():
        return f"/static/{_own()[name]}"
    return f"/vendor/{_vendored()[name]}"


@cache
def icon(name: str) -> Markup:
    """A vendored icon, inline; always beside a word, so hidden from screen readers."""
    svg = (_WEB / "vendor" / "icons" / f"{name}.svg").read_text("utf-8")
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704


@cache
def _load(folder: str, name: str) -> Asset:
    if folder == "static":
        name = {served: own for own, served in _own().items()}.get(name, "")
    elif name not in _vendored().values():
        name = ""
    path = _WEB / folder / name
    if not name or not path.is_file():
        raise NotFoundError("this file does not exist")
    content = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, gzip.compress(content, 9, mtime=0), media_type)


@router.get("/static/{name}", include_in_schema=False)
def static(request: Request, name: str) -> Response:
    """One of our own files."""
    return _answer(request, _load("static", name))


@router.get("/vendor/{name}", include_in_schema=False)
def vendor(request: Request, name: str) -> Response:
    """One of the vendored files."""
    return _answer(request, _load("vendor", name))


def _answer(request: Request, found: Asset) -> Response:
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", "") and len(found.packed) < len(
        found.content
    ):
        return Response(
            found.packed,
            media_type=found.media_type,
            headers={**headers, "Content-Encoding": "gzip"},
        )
    return Response(found.content, media_type=found.media_type, headers=headers)
