"""The metadata of studies, series and instances, compressed once for all who ask."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from plateau.images.retrieve import queries
from plateau.images.retrieve.types import DescribedSeries, Told
from plateau.images.types import Visible
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PatientId, StudyId
from plateau.platform.db import Tx

_LEVEL = 6  # a fifth slower than the fastest, and a sixth of its size
_PATIENT_ID, _SYNTAX = '"00100020"', '"00083002"'
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A JSON array of data sets, compressed; `tag` changes whenever it does."""

    tag: str
    compressed: bytes


def of_series(tx: Tx, study: Visible, *, series_uid: str | None) -> Description:
    """The metadata of a study or of one of its series."""
    found = queries.described_series(
        tx, study_id=study.study_id, series_uid=series_uid, patient_id=study.patient_id
    )
    if not found:
        raise NotFoundError("series not found")
    bodies = [one.body or _made(tx, one, study.patient_id) for one in found]
    said = [f"{one.series_id}:{one.instances}:{one.revision}" for one in found]
    return Description(tag=_tag(study.patient_id, *said), compressed=_joined(bodies))


def of_instance(tx: Tx, study: Visible, *, series_uid: str, uid: str) -> Description:
    """The metadata of one instance."""
    told = queries.metadata_of(tx, study_id=study.study_id, series_uid=series_uid, uid=uid)
    if told is None:
        raise NotFoundError("instance not found")
    body = _as_array([told], study.patient_id)
    return Description(tag=_tag(study.patient_id, uid), compressed=_compressed(body))


def prepare(tx: Tx, *, study_id: StudyId, patient_id: PatientId) -> None:
    """Have the metadata of every series of a study ready before anybody asks."""
    for one in queries.described_series(
        tx, study_id=study_id, series_uid=None, patient_id=patient_id
    ):
        if one.body is None:
            _made(tx, one, patient_id)


def forget(tx: Tx, *, study_id: StudyId) -> None:
    """Have them made again: what is stored of an instance was changed."""
    queries.forget_metadata(tx, study_id=study_id)


def _made(tx: Tx, series: DescribedSeries, patient_id: PatientId) -> bytes:
    """The metadata of a series, made and kept unless instances are arriving meanwhile."""
    told = queries.metadata(tx, series_id=series.series_id)
    body = _compressed(_as_array(told, patient_id))
    if len(told) == series.instances:
        queries.keep_metadata(
            tx,
            series_id=series.series_id,
            patient_id=patient_id,
            instances=series.instances,
            body=body,
        )
    return body


def _as_array(told: Sequence[Told], patient_id: PatientId) -> bytes:
    texts = [_in_our_words(one, str(patient_id)) for one in told]
    return f"[{','.join(texts)}]".encode()


def _in_our_words(told: Told, patient_id: str) -> str:
    """A data set with the platform's own patient identifier, and the syntax it is stored in."""
    syntax, text = told.transfer_syntax_uid, told.metadata
    at = text.find(_PATIENT_ID)
    before = text[:at]
    is_outermost = at > 0 and before.count("{") - before.count("}") == 1
    if not is_outermost or _SYNTAX in text:
        return _merged(text, patient_id, syntax)
    _, end = _DECODER.raw_decode(text, text.index("{", at))
    return (
        f'{{{_SYNTAX}:{{"vr":"UI","Value":["{syntax}"]}},{before[1:]}'
        f'{_PATIENT_ID}:{{"vr":"LO","Value":["{patient_id}"]}}{text[end:]}'
    )


def _merged(text: str, patient_id: str, syntax: str) -> str:
    """The same, much slower, where another patient identifier or a syntax comes first."""
    data_set = orjson.loads(text)
    data_set["00100020"] = {"vr": "LO", "Value": [patient_id]}
    data_set["00083002"] = {"vr": "UI", "Value": [syntax]}
    return orjson.dumps(data_set).decode()


def _joined(bodies: Sequence[bytes]) -> bytes:
    """Several compressed arrays as one; browsers read no more than one gzip member."""
    if len(bodies) == 1:
        return bodies[0]
    inside = [gzip.decompress(body)[1:-1] for body in bodies]
    return _compressed(b"[" + b",".join(part for part in inside if part) + b"]")


def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def _tag(*said: object) -> str:
    return hashlib.blake2b(":".join(map(str, said)).encode(), digest_size=12).hexdigest()
