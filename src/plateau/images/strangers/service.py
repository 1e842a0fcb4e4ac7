"""Keeping what other institutions' systems send of people whom nobody here has recognised."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from plateau.images.events import StrangerRecognised
from plateau.images.strangers import queries
from plateau.images.types import Arrival, Header, Origin, UnknownPatientError
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.platform.jobs import emit

_CLINICAL = "dimse"


def is_kept(found: Header, origin: Origin) -> bool:
    """Whether an object of an unknown patient is kept all the same.

    It is when a system sends it, and says whose identifiers it gives: then nobody made a mistake.
    """
    return bool(found.issuer) and origin.protocol == _CLINICAL


def hold(tx: Tx, one: Arrival, *, at: datetime) -> None:
    """An instance whose bytes are durable waits for a person to say who its patient is."""
    on = local(at).date()
    site_id = queries.site_of_sender(tx, ae_title=one.origin.ae_title, on=on)
    if site_id is None:
        raise UnknownPatientError("this PatientID is not known at the machine's site")
    said = orjson.loads(one.header.metadata)
    queries.lock(tx, issuer=one.header.issuer, local_id=one.header.local_id)
    traits = (_first(said, "00100010"), _first(said, "00100030"), _first(said, "00100040"))
    queries.add(tx, one, site_id=site_id, said=traits, at=at)
    _tell(tx, issuer=one.header.issuer, local_id=one.header.local_id)  # it may be known by now
    tx.touch("images")


def recognised(tx: Tx, *, issuer: str, local_id: str) -> None:
    """Somebody has just been recognised: what waited for them is indexed by a job."""
    queries.lock(tx, issuer=issuer, local_id=local_id)
    _tell(tx, issuer=issuer, local_id=local_id)


def _tell(tx: Tx, *, issuer: str, local_id: str) -> None:
    for stranger_id in queries.linked(tx, issuer=issuer, local_id=local_id):
        emit(tx, StrangerRecognised(stranger_id=stranger_id))


def _first(metadata: Mapping[str, Any], tag: str) -> str:
    values = metadata.get(tag, {}).get("Value") or [""]
    value = values[0]
    return str(value.get("Alphabetic", "") if isinstance(value, Mapping) else value)
