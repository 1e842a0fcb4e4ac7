"""QIDO-RS (PS3.18, 10.6): search, with the caller's rights applied."""

from collections.abc import Iterable, Mapping
from typing import Annotated, cast

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi import Query as Parameter
from fastapi.responses import Response
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from plateau.images.search import attributes
from plateau.images.search import service as searching
from plateau.images.search.attributes import Values
from plateau.images.search.matching import Level, Query
from plateau.images.search.types import Match
from plateau.kernel.errors import InvalidInputError
from plateau.web.pages import CallerDep, DbDep

router = APIRouter(prefix="/dicom-web")
_JSON = "application/dicom+json"
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept, Accept-Encoding"}
_OPTIONS = frozenset({"includefield", "fuzzymatching", "limit", "offset", "accept", "charset"})
_REQUESTED = {"AccessionNumber": "RequestedAccessionNumber"}  # inside the request attributes
_PAGE, _WHOLE = 100, 20_000  # answers to a search among all studies, and of one study
_AGENT = "plateau"


class Asked:
    """The parameters of a search, and what of them is not supported."""

    def __init__(self, request: Request, limit: int | None, offset: int, is_fuzzy: bool) -> None:
        usual = _WHOLE if "study_uid" in request.path_params else _PAGE
        self.limit, self.offset, self.is_fuzzy = limit or usual, offset, is_fuzzy
        self.keys: dict[str, str] = {}
        self.fields: set[str] = set()
        self.unknown: list[str] = []
        for name, value in request.query_params.multi_items():
            if name.lower() == "includefield":
                self.fields |= {_keyword(one) for one in value.split(",") if one}
            elif name.lower() not in _OPTIONS:
                self._add(_keyword(name), value)

    def _add(self, keyword: str, value: str) -> None:
        if keyword in self.keys:
            raise InvalidInputError("{keyword} is asked twice", keyword=keyword)
        self.keys[keyword] = value

    def query(self, level: Level, path: Mapping[str, str]) -> Query:
        """The query at a level, its path included; one more answer tells whether there are more."""
        keys = {key: value for key, value in self.keys.items() if attributes.is_key(key, level)}
        self.unknown = sorted(self.keys.keys() - keys.keys())
        if any(key in keys and keys[key] != value for key, value in path.items()):
            raise InvalidInputError("the address and the search name different UIDs")
        return Query(
            level=level,
            keys={**keys, **path},
            limit=self.limit + 1,
            offset=self.offset,
            fields=frozenset(self.fields),
            is_fuzzy=self.is_fuzzy,
        )


# `async`: no thread is woken for what only looks.
async def _asked(
    request: Request,
    limit: Annotated[int | None, Parameter(ge=1, le=_WHOLE)] = None,
    offset: Annotated[int, Parameter(ge=0, le=1_000_000)] = 0,
    fuzzymatching: bool = False,
) -> Asked:
    return Asked(request, limit, offset, fuzzymatching)


AskedDep = Annotated[Asked, Depends(_asked)]


@router.get("/studies")
def studies(asked: AskedDep, db: DbDep, caller: CallerDep) -> Response:
    """Studies."""
    return _answer(asked, db, caller, "STUDY", {})


@router.get("/series")
def every_series(asked: AskedDep, db: DbDep, caller: CallerDep) -> Response:
    """Series of any study."""
    return _answer(asked, db, caller, "SERIES", {})


@router.get("/instances")
def every_instance(asked: AskedDep, db: DbDep, caller: CallerDep) -> Response:
    """Instances of any study."""
    return _answer(asked, db, caller, "IMAGE", {})


@router.get("/studies/{study_uid}/series")
def series(study_uid: str, asked: AskedDep, db: DbDep, caller: CallerDep) -> Response:
    """The series of a study."""
    return _answer(asked, db, caller, "SERIES", {"StudyInstanceUID": study_uid})


@router.get("/studies/{study_uid}/instances")
@router.get("/studies/{study_uid}/series/{series_uid}/instances")
def instances(
    study_uid: str, asked: AskedDep, db: DbDep, caller: CallerDep, series_uid: str | None = None
) -> Response:
    """The instances of a study or of one of its series."""
    path = {"StudyInstanceUID": study_uid}
    if series_uid:
        path["SeriesInstanceUID"] = series_uid
    return _answer(asked, db, caller, "IMAGE", path)


def _answer(
    asked: Asked, db: DbDep, caller: CallerDep, level: Level, path: Mapping[str, str]
) -> Response:
    query = asked.query(level, path)
    tags, warnings = _others(query, asked.unknown)
    with db.look() as tx:
        found = searching.found(tx, caller, query, tags=tags)
        if not found and path:
            searching.check_visible(tx, caller, path)
    if len(found) > asked.limit:
        warnings.append("there are more answers: ask for them with offset")
    if level != "STUDY" and not query.keys.get("StudyInstanceUID"):
        warnings.append(f"only the {searching.STUDIES} latest studies that match are looked into")
    said = [_element_of(match, query) for match in found[: asked.limit]]
    headers = {"Warning": ", ".join(f'299 {_AGENT} "{text}"' for text in warnings)}
    return Response(
        orjson.dumps(said), media_type=_JSON, headers=_PRIVATE | (headers if warnings else {})
    )


def _others(query: Query, unknown: Iterable[str]) -> tuple[list[str], list[str]]:
    """The further elements that were asked for, and warnings of what is not supported."""
    rest = query.fields - frozenset(attributes.known(query.level))
    warnings = [f"the key {_shown(name)} is not supported" for name in unknown]
    if query.level == "IMAGE":
        tags = ["*" if field == "all" else _tag(field) for field in sorted(rest)]
        return tags, warnings
    warnings += [f"the field {_shown(name)} is not supported" for name in sorted(rest - {"all"})]
    return [], warnings


def _element_of(match: Match, query: Query) -> dict[str, object]:
    """A match in the DICOM JSON model, in the order of tags."""
    known = attributes.known(query.level)
    is_all = "all" in query.fields
    asked = known.keys() if is_all else attributes.usual(query.level) | query.fields
    found: dict[str, object] = orjson.loads(match.elements) if match.elements else {}
    found |= {_tag(key): _json(key, say(match)) for key, say in known.items() if key in asked}
    return dict(sorted(found.items()))


def _json(keyword: str, values: Values) -> dict[str, object]:
    vr = dictionary_VR(keyword)
    present: Values = [value for value in values if value not in (None, "")]
    if not present:
        return {"vr": vr}
    if vr == "PN":
        return {"vr": vr, "Value": [{"Alphabetic": value} for value in present]}
    if vr == "SQ":
        return {
            "vr": vr,
            "Value": [_item(cast("Mapping[str, Values]", value)) for value in present],
        }
    return {"vr": vr, "Value": present}


def _item(value: Mapping[str, Values]) -> dict[str, object]:
    return {_tag(key): _json(key, inside) for key, inside in value.items()}


def _shown(name: str) -> str:
    """A name that can stand in a header."""
    is_name = name.isascii() and name.replace(".", "").isalnum()
    return name[:80] if is_name else "of that name"


def _tag(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    return f"{tag:08X}" if tag is not None else keyword


def _keyword(name: str) -> str:
    """An attribute by keyword, whether it was named so or by tag; inside a sequence, the last."""
    outer, _, inner = name.rpartition(".")
    found = _named(inner)
    if outer and _named(outer) == "RequestAttributesSequence":
        return _REQUESTED.get(found, found)
    return name if outer else found


def _named(name: str) -> str:
    if len(name) == 8 and all(char in "0123456789abcdefABCDEF" for char in name):
        return keyword_for_tag(int(name, 16)) or name.upper()
    return name
