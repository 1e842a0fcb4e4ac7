"""The metadata of studies, series and instances, compressed once for all who ask."""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from plateau.images.queries import retrieval as queries
from plateau.images.retrieval_types import DescribedSeries
from plateau.images.types import Visible
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PatientId
from plateau.platform.db import Tx

_FAST = 1
_PATIENT_ID = "00100020"


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
    said = [f"{one.series_id}:{one.instances}" for one in found]
    return Description(tag=_tag(study.patient_id, *said), compressed=_joined(bodies))


def of_instance(tx: Tx, study: Visible, *, series_uid: str, uid: str) -> Description:
    """The metadata of one instance."""
    text = queries.metadata_of(tx, study_id=study.study_id, series_uid=series_uid, uid=uid)
    if text is None:
        raise NotFoundError("instance not found")
    body = _as_array([text], study.patient_id)
    return Description(tag=_tag(study.patient_id, uid), compressed=_compressed(body))


def prepare(tx: Tx, study: Visible) -> None:
    """Have the metadata of every series of a study ready before anybody asks."""
    of_series(tx, study, series_uid=None)


def _made(tx: Tx, series: DescribedSeries, patient_id: PatientId) -> bytes:
    """The metadata of a series, made and kept unless instances are arriving meanwhile."""
    texts = queries.metadata(tx, series_id=series.series_id)
    body = _compressed(_as_array(texts, patient_id))
    if len(texts) == series.instances:
        queries.keep_metadata(
            tx,
            series_id=series.series_id,
            patient_id=patient_id,
            instances=series.instances,
            body=body,
        )
    return body


def _as_array(texts: Sequence[str], patient_id: PatientId) -> bytes:
    """Data sets in which the platform's own patient identifier stands."""
    ours = {"vr": "LO", "Value": [str(patient_id)]}
    return orjson.dumps([{**orjson.loads(text), _PATIENT_ID: ours} for text in texts])


def _joined(bodies: Sequence[bytes]) -> bytes:
    """Several compressed arrays as one; browsers read no more than one gzip member."""
    if len(bodies) == 1:
        return bodies[0]
    inside = [gzip.decompress(body)[1:-1] for body in bodies]
    return _compressed(b"[" + b",".join(part for part in inside if part) + b"]")


def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, _FAST, mtime=0)


def _tag(*said: object) -> str:
    return hashlib.blake2b(":".join(map(str, said)).encode(), digest_size=12).hexdigest()
