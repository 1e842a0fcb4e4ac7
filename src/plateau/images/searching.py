"""What people and machines find; what is out of reach is not found."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import moving
from plateau.images.matching import Query
from plateau.images.queries import search
from plateau.images.search_types import Match, Scope
from plateau.images.types import Origin
from plateau.images.viewing import VIEWERS
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.platform.db import Tx

STUDIES = search.STUDIES


def found(tx: Tx, caller: Caller, query: Query, *, tags: Sequence[str] = ()) -> list[Match]:
    """What a person finds among what they may see."""
    return search.found(tx, query, Scope(sites=caller.sites_as(*VIEWERS)), tags=tags)


def check_visible(tx: Tx, caller: Caller, path: Mapping[str, str]) -> None:
    """NotFoundError when the study of an address does not exist, or is out of reach."""
    study = Query(level="STUDY", keys={"StudyInstanceUID": path["StudyInstanceUID"]}, limit=1)
    if not found(tx, caller, study):
        raise NotFoundError("study not found")


def for_machine(tx: Tx, query: Query, *, origin: Origin, now: datetime) -> list[Match]:
    """What a machine finds, recorded in the audit trail; a peer of no site searches the pool."""
    site_id = moving.site_of(tx, origin.ae_title, may=lambda peer: peer.may_query, now=now)
    scope = Scope(sites={site_id} if site_id else None, home=site_id)
    matches = search.found(tx, query, scope)
    seen = Access(
        action="images.query",
        subject=f"machine:{origin.ae_title}",
        patient_id=None,
        site_id=site_id,
    )
    access.record(tx, str(origin), seen, at=now)
    return matches
