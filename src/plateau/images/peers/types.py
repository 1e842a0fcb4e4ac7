"""Other DICOM systems, and what was seen of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A machine or another DICOM system, and what was last seen of it; it may have no address."""

    ae_title: str
    name: str
    site_name: str | None
    modality: str | None  # of a machine
    host: str | None
    port: int | None
    may_store: bool
    may_query: bool
    may_retrieve: bool
    uses_tls: bool
    last_seen_at: datetime | None
    instances_today: int
    bytes_today: int
    refusals_today: int
    last_refusal: str | None
    last_refusal_at: datetime | None
    last_echo_at: datetime | None
    last_echo_ok: bool | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where another DICOM system answers."""

    ae_title: str
    host: str
    port: int
    uses_tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What became of a test: how long the answer took, or in words why there was none."""

    ae_title: str
    took: timedelta | None
    problem: str = ""
