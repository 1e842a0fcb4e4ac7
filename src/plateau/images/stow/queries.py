"""SQL of who sends, and who may retrieve."""

from collections.abc import Set
from datetime import date

from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


def machines(tx: Tx, *, sites: Set[SiteId], ae_title: str, on: date) -> list[str]:
    """The AE title given if it is of `sites`, or two of theirs at most when none is given."""
    return tx.values(
        """
        select ae_title from territory.device
        where site_id = any(%(sites)s) and (%(ae_title)s = '' or ae_title = %(ae_title)s)
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by ae_title
        limit 2
        """,
        sites=list(sites),
        ae_title=ae_title,
        on=on,
    )
