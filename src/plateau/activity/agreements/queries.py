"""SQL of what members have agreed: read from the territory, never written here."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date

from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


@dataclass(frozen=True, slots=True)
class Row:
    """Something agreed, its terms still JSON."""

    code: str
    terms: str
    valid_from: date
    valid_to: date | None


def agreed(tx: Tx, kind: str) -> list[Row]:
    """Everything of a kind that ever held."""
    return tx.all(
        Row,
        """
        select code, terms, valid_from, valid_to
        from territory.agreed
        where kind = %(kind)s and (valid_to is null or valid_to > valid_from)
        order by code, valid_from
        """,
        kind=kind,
    )


def members_of(tx: Tx, sites: Set[SiteId]) -> set[str]:
    """The members to whom sites belong."""
    return {
        *tx.values(
            """
            select distinct m.code
            from territory.site s
            join territory.member m using (member_id)
            where s.site_id = any(%(sites)s)
            """,
            sites=list(sites),
        )
    }
