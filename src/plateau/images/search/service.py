"""What people and machines find; what is out of reach is not found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.move import service as moving
from plateau.images.search import queries as search
from plateau.images.search.matching import Query
from plateau.images.search.trail import Place, Trail
from plateau.images.search.types import Match, Scope
from plateau.images.types import Origin
from plateau.images.viewing import VIEWERS
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.platform.db import Tx

STUDIES = search.STUDIES
_TRAIL = Trail()


def found(tx: Tx, caller: Caller, query: Query, *, tags: Sequence[str] = ()) -> list[Match]:
    """What a person finds among what they may see; a page of studies follows the one before."""
    scope = Scope(sites=caller.sites_as(*VIEWERS))
    if query.level != "STUDY":
        return search.found(tx, query, scope, tags=tags)
    return page(tx, query, scope)


def page(tx: Tx, query: Query, scope: Scope) -> list[Match]:
    """Studies from an offset on, reached from where earlier pages ended if they were read."""
    searched = (frozenset(query.keys.items()), query.is_fuzzy, query.is_combined, scope.sites)
    after = _TRAIL.get(searched, query.offset) if query.offset else None
    wanted = replace(query, offset=0) if after else query
    matches = search.found(tx, wanted, scope, after=after)
    for at, match in list(enumerate(matches, query.offset + 1))[-2:]:  # one more may be looked at
        _TRAIL.note(searched, at, Place(match.started_at, match.study_id))
    return matches


def check_visible(tx: Tx, caller: Caller, path: Mapping[str, str]) -> None:
    """NotFoundError when the study of an address does not exist, or is out of reach."""
    study = Query(level="STUDY", keys={"StudyInstanceUID": path["StudyInstanceUID"]}, limit=1)
    if not found(tx, caller, study):
        raise NotFoundError("study not found")


def for_machine(tx: Tx, query: Query, *, origin: Origin, now: datetime) -> list[Match]:
    """What a machine finds, recorded in the audit trail; a peer of no site searches the pool."""
    site_id = moving.site_of(tx, origin.ae_title, may=lambda peer: peer.may_query, now=now)
    scope = Scope(sites=frozenset({site_id}) if site_id else None, home=site_id)
    matches = search.found(tx, query, scope)
    seen = Access(
        action="images.query",
        subject=f"machine:{origin.ae_title}",
        patient_id=None,
        site_id=site_id,
    )
    access.record(tx, str(origin), seen, at=now)
    return matches
