"""What these services can do (PS3.18, 8.9), read off the routes themselves: it is always true."""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from plateau.images.formats import transcode
from plateau.images.retrieve import media
from plateau.images.retrieve.bodies import PRIVATE
from plateau.images.retrieve.types import Offer
from plateau.web.pages import CallerDep

router = APIRouter(prefix="/dicom-web")
_WADL, _JSON = "application/vnd.sun.wadl+xml", "application/json"
_OFFERS = (Offer(kind=_WADL), Offer(kind="application/xml"), Offer(kind=_JSON))
_NAMESPACE = "http://wadl.dev.java.net/2009/02"
_FILES = ('multipart/related; type="application/dicom"', "application/zip")
_OCTETS = ('multipart/related; type="application/octet-stream"', "application/octet-stream")
_COMPRESSED = tuple(f'multipart/related; type="image/{kind}"' for kind in ("jpeg", "jp2", "jls"))
_PICTURES = ("image/jpeg", "image/png", "image/gif")
_DATA_SETS = ("application/dicom+json",)
# The forms of an answer by the end of its path; whatever else is there is a search or files.
_FORMS = {
    "metadata": _DATA_SETS,
    "rendered": _PICTURES,
    "thumbnail": _PICTURES,
    "{numbers}": (*_OCTETS, *_COMPRESSED, 'multipart/related; type="image/dicom-rle"'),
    "{tag}": _OCTETS,
    "{study_uid}": _FILES,
    "{series_uid}": _FILES,
    "{uid}": (*_FILES, "application/dicom"),
}


@router.get("/")
@router.options("/")
def capabilities(request: Request, caller: CallerDep) -> Response:
    """Every resource, its methods and its forms, in WADL or JSON."""
    header = request.headers.get("Accept", "")
    form = media.agree(media.wanted(header), _OFFERS).kind
    found = resources(request.app.state.routers)
    if form == _JSON:
        return JSONResponse({"resources": found, "transferSyntaxes": syntaxes()}, headers=PRIVATE)
    return Response(_wadl(found, str(request.base_url)), media_type=form, headers=PRIVATE)


def resources(routers: Iterable[APIRouter]) -> dict[str, dict[str, list[str]]]:
    """The forms of each method of each path below ours."""
    found: dict[str, dict[str, list[str]]] = {}
    for route in [one for each in routers for one in each.routes]:
        if isinstance(route, APIRoute) and route.path.startswith(router.prefix):
            for method in sorted(route.methods or ()):
                path = route.path.removeprefix(router.prefix)
                found.setdefault(path, {})[method] = _forms(path, method)
    return dict(sorted(found.items()))


def syntaxes() -> dict[str, list[str]]:
    """The transfer syntaxes that can be decoded here, and those that can be asked for."""
    known = sorted({*media.KINDS, *transcode.TARGETS})
    decoded = [syntax for syntax in known if transcode.can_decode(syntax)]
    return {"decoded": decoded, "encoded": sorted(transcode.TARGETS)}


def _forms(path: str, method: str) -> list[str]:
    if path == "/":
        return [_WADL, _JSON]
    if path.endswith("/rendered") and "/instances/" not in path:
        return [f'multipart/related; type="{kind}"' for kind in _PICTURES]
    if method == "POST":
        return list(_DATA_SETS)
    return list(_FORMS.get(path.rpartition("/")[2], _DATA_SETS))


def _wadl(found: Mapping[str, Mapping[str, list[str]]], base: str) -> bytes:
    """Source: Web Application Description Language, W3C member submission, 2009."""
    root = Element("application", {"xmlns": _NAMESPACE})
    shell = SubElement(root, "resources", {"base": base.rstrip("/") + router.prefix})
    for path, methods in found.items():
        resource = SubElement(shell, "resource", {"path": path.lstrip("/")})
        for method, forms in methods.items():
            said = SubElement(resource, "method", {"name": method})
            answer = SubElement(said, "response", {"status": "200"})
            for form in forms:
                SubElement(answer, "representation", {"mediaType": form})
    return tostring(root, encoding="utf-8", xml_declaration=True)
