"""Bodies of what is retrieved (PS3.18, 8.6): compressed JSON, multipart, pictures."""

import gzip
from collections.abc import Callable, Sequence
from uuid import uuid4

from fastapi import Request
from fastapi.responses import Response

from plateau.images.retrieve.media import DICOM
from plateau.images.retrieve.streaming import Step, Streamed
from plateau.images.retrieve.types import Form

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept, Accept-Encoding"}
_JSON = "application/dicom+json"
_TOGETHER = 2 << 20  # bytes that one thread reads before it is asked again


def unchanged(request: Request, tag: str) -> Response | None:
    """The answer to somebody who already has it, whose rights have just been checked again."""
    if f'"{tag}"' not in request.headers.get("If-None-Match", ""):
        return None
    return Response(status_code=304, headers=_tagged(tag))


def described(request: Request, compressed: bytes, tag: str) -> Response:
    """A JSON array, as it is kept for whoever accepts it so."""
    same = unchanged(request, tag)
    if same:
        return same
    headers = _tagged(tag)
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(gzip.decompress(compressed), media_type=_JSON, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(compressed, media_type=_JSON, headers=headers)


def parts(values: Sequence[bytes], *, form: Form, syntax: str, tag: str) -> Response:
    """Parts of one media type, or the only one as it is. Source: PS3.18, 8.7.3."""
    kind = f"{form.kind}; transfer-syntax={syntax}"
    if not form.is_multipart:
        return Response(values[0], headers={**_tagged(tag), "Content-Type": kind})
    boundary = uuid4().hex
    start = _head(boundary, form.kind, syntax)
    pieces = [piece for value in values for piece in (start, value, b"\r\n")]
    related = f'multipart/related; type="{form.kind}"; transfer-syntax={syntax}'
    headers = {**_tagged(tag), "Content-Type": f"{related}; boundary={boundary}"}
    return Response(b"".join([*pieces, _end(boundary)]), headers=headers)


def files(
    readers: Sequence[Callable[[], bytes]],
    *,
    syntaxes: Sequence[str],
    sizes: Sequence[int] | None,
) -> Response:
    """Files one after the other, never all in memory; `sizes` are known unless they are made."""
    boundary = uuid4().hex
    heads = [_head(boundary, DICOM, syntax) for syntax in syntaxes]
    steps = [_part(head, read) for head, read in zip(heads, readers, strict=True)]
    end = _end(boundary)
    length = None if sizes is None else sum(sizes) + sum(len(head) + 2 for head in heads) + len(end)
    related = f'multipart/related; type="{DICOM}"; boundary={boundary}'
    headers = {**PRIVATE, "Content-Type": related}
    together = max(_TOGETHER // max(sizes), 1) if sizes else 1
    return Streamed([*steps, lambda: end], length=length, headers=headers, together=together)


def pictures(readers: Sequence[Callable[[], bytes]], media_type: str) -> Response:
    """Pictures one after the other, each made when its turn comes."""
    boundary = uuid4().hex
    head = f"--{boundary}\r\nContent-Type: {media_type}\r\n\r\n".encode()
    steps = [_part(head, read) for read in readers]
    end = _end(boundary)
    related = f'multipart/related; type="{media_type}"; boundary={boundary}'
    headers = {**PRIVATE, "Content-Type": related}
    return Streamed([*steps, lambda: end], length=None, headers=headers)


def picture(body: bytes, media_type: str, tag: str = "") -> Response:
    """A picture."""
    return Response(body, media_type=media_type, headers=_tagged(tag) if tag else PRIVATE)


def _part(head: bytes, read: Callable[[], bytes]) -> Step:
    return lambda: b"".join((head, read(), b"\r\n"))


def _head(boundary: str, kind: str, syntax: str) -> bytes:
    return f"--{boundary}\r\nContent-Type: {kind}; transfer-syntax={syntax}\r\n\r\n".encode()


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()


def _tagged(tag: str) -> dict[str, str]:
    return {**PRIVATE, "ETag": f'"{tag}"'}
