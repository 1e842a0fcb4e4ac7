"""Other DICOM systems, and what was seen of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from plateau.territory.types import Peer


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
    tls_ca: str | None = None  # PEM files on our side: who must have signed its certificate
    tls_cert: str | None = None  # and what we show
    tls_key: str | None = None


def address_of(peer: Peer) -> Address:
    """Where a peer of the territory file answers, and how it is to be called."""
    return Address(
        peer.ae_title,
        peer.host,
        peer.port,
        peer.uses_tls,
        peer.tls_ca,
        peer.tls_cert,
        peer.tls_key,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What became of a test: how long the answer took, or in words why there was none."""

    ae_title: str
    took: timedelta | None
    problem: str = ""
