"""Somebody of another institution, whom nobody here has recognised yet."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import SiteId


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Somebody as another institution's system describes them, and what it sent of them."""

    stranger_id: int
    site_id: SiteId
    site_name: str
    issuer: str
    local_id: str
    name: str
    birth_date: str
    sex: str
    senders: list[str]
    studies: int
    instances: int
    first_at: datetime
    last_at: datetime
    problem: str
    is_linked: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An instance that waits for its patient."""

    sop_instance_uid: str
    blob_key: str
    ae_title: str
    address: str
    site_id: SiteId
    issuer: str
