"""Quotas of members: what people bring is refused beyond them, what machines send never is."""

from datetime import datetime

import structlog

from plateau.images.peers import service as peers
from plateau.images.quota import queries, rules
from plateau.images.quota.types import Fill, OverQuotaError, Use
from plateau.images.types import Origin
from plateau.kernel.caller import Caller
from plateau.kernel.ids import SiteId
from plateau.kernel.time import local
from plateau.platform.db import Tx

log = structlog.get_logger()
UNLIMITED = 1 << 62
# The patient first: what is sent by C-STORE is counted, and never refused.
_LIMITED = frozenset(["import", "stow", "fetch-get", "fetch-web"])


def _(text: str) -> str:
    """Mark a text for translation; the door translates it."""
    return text


def is_limited(origin: Origin) -> bool:
    """Whether a quota holds for what comes so."""
    return origin.protocol in _LIMITED


def refusal() -> OverQuotaError:
    """What is said to whoever brings more than a member may keep."""
    return OverQuotaError(
        _("the quota of this member is used up: what machines send is still stored, nothing else")
    )


def room(tx: Tx, *, site_id: SiteId | None, ae_title: str = "", now: datetime) -> int:
    """How much more can be kept for a site, or in the name of a machine. Units: bytes."""
    on = local(now).date()
    member_id = queries.limited_member(tx, site_id=site_id, ae_title=ae_title, on=on)
    return UNLIMITED if member_id is None else queries.room(tx, member_id, on=on)


def check(
    tx: Tx, *, site_id: SiteId | None, ae_title: str = "", size: int = 0, now: datetime
) -> None:
    """Refuse what would bring a member beyond its quota, or whatever comes once it is used up."""
    left = room(tx, site_id=site_id, ae_title=ae_title, now=now)
    if left <= 0 or size > left:
        raise refusal()


def uses(tx: Tx, caller: Caller, *, now: datetime) -> list[tuple[Use, Fill]]:
    """What the members of the caller's sites keep, and how that stands to their quota."""
    found = queries.uses(tx, sites=peers.sites(caller), on=local(now).date())
    return [(one, rules.fill(used=one.used, quota=one.quota)) for one in found]
