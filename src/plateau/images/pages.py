"""The image viewer's files, served from our own origin to signed-in people."""

import mimetypes
import re
from importlib.resources import files
from pathlib import Path, PurePosixPath

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from plateau.kernel.errors import NotFoundError
from plateau.web.pages import CallerDep

router = APIRouter()
_WEB = Path(str(files("plateau.web")))
ROOT = _WEB / "viewer"
_CONFIG = PurePosixPath("app-config.js")
_HASHED = re.compile(r"(?:^|\.)[0-9a-f]{12,}\.")  # a name that changes with its content
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2"}


@router.get("/viewer")
@router.get("/viewer/{path:path}")
def viewer(request: Request, caller: CallerDep, path: str = "") -> FileResponse:
    """A file of the viewer; any path of its own router is its one page."""
    asked = PurePosixPath(path)
    if asked == _CONFIG:
        return _answer(request, _WEB / "viewer_config.js", asked)
    file = (ROOT / asked).resolve()
    if not asked.suffix:
        return _answer(request, ROOT / "index.html", PurePosixPath("index.html"))
    if not file.is_relative_to(ROOT.resolve()) or not file.is_file():
        raise NotFoundError("the viewer has no such file")
    return _answer(request, file, asked)


def _answer(request: Request, file: Path, asked: PurePosixPath) -> FileResponse:
    """A file, compressed for whoever accepts it, cached for as long as its name holds."""
    for_ever = _HASHED.search(asked.name)
    headers = {
        "Cache-Control": _FOR_EVER if for_ever else _ASK_AGAIN,
        "Vary": "Accept-Encoding",
    }
    compressed = file.with_name(f"{file.name}.gz")
    if "gzip" in request.headers.get("Accept-Encoding", "") and compressed.is_file():
        headers["Content-Encoding"] = "gzip"
        file = compressed
    return FileResponse(file, media_type=_media_type(asked), headers=headers)


def _media_type(asked: PurePosixPath) -> str:
    known = _TYPES.get(asked.suffix) or mimetypes.guess_type(asked.name)[0]
    return known or "application/octet-stream"
