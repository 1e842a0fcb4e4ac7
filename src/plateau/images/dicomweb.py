"""Answers of DICOMweb (PS3.18): DICOM JSON objects and multipart bodies."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import orjson
from fastapi.responses import Response

from plateau.images.types import Found, Instance, Series
from plateau.kernel.time import local

_JSON = "application/dicom+json"
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept, Accept-Encoding"}
Element = dict[str, object]


def study(found: Found) -> dict[str, Element]:
    """A study, in which the patient is the platform's own."""
    at = local(found.started_at, ZoneInfo(found.time_zone)) if found.started_at else None
    return {
        "00080020": _element("DA", at and f"{at:%Y%m%d}"),
        "00080030": _element("TM", at and f"{at:%H%M%S}"),
        "00080050": _element("SH", found.accession_number),
        "00080061": _element("CS", *found.modalities),
        "00081030": _element("LO", found.description),
        "00100010": _element("PN", {"Alphabetic": f"{found.surname}^{found.first_name}"}),
        "00100020": _element("LO", str(found.patient_id)),
        "00100030": _element("DA", f"{found.birth_on:%Y%m%d}"),
        "00100040": _element("CS", {"U": "O"}.get(found.sex, found.sex)),
        "0020000D": _element("UI", found.study_uid),
        "00200010": _element("SH"),
        "00201206": _element("IS", found.series),
        "00201208": _element("IS", found.instances),
    }


def series(found: Series) -> dict[str, Element]:
    """A series."""
    return {
        "00080060": _element("CS", found.modality),
        "0008103E": _element("LO", found.description),
        "0020000D": _element("UI", found.study_uid),
        "0020000E": _element("UI", found.series_uid),
        "00200011": _element("IS", found.number),
        "00201209": _element("IS", found.instances),
    }


def instance(found: Instance, study_uid: str) -> dict[str, Element]:
    """An instance."""
    return {
        "00080016": _element("UI", found.sop_class_uid),
        "00080018": _element("UI", found.sop_instance_uid),
        "0020000D": _element("UI", study_uid),
        "0020000E": _element("UI", found.series_uid),
        "00200013": _element("IS", found.number),
        "00280008": _element("IS", found.frames),
        "00280010": _element("US", found.rows),
        "00280011": _element("US", found.columns),
        "00083002": _element("UI", found.transfer_syntax_uid),
    }


def listing(found: Sequence[dict[str, Element]]) -> Response:
    """The answer to a search."""
    return Response(orjson.dumps(found), media_type=_JSON, headers=_PRIVATE)


def _element(vr: str, *values: object) -> Element:
    present = [value for value in values if value is not None and value != ""]
    return {"vr": vr, "Value": present} if present else {"vr": vr}
