"""Rules as people decided them."""

from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.publication.types import Decided, Decision
from plateau.platform.db import Tx, json


def decided(tx: Tx) -> list[Decided]:
    """The decisions that stand, in the order in which they go before each other."""
    return tx.all(
        Decided,
        """
        select s.setting_id, s.rule, s.first_on, s.last_on, s.is_on, s.is_hard, s.weight,
               s.numbers, s.source, a.name as author, s.decided_at
        from planning.rule_setting s left join access.account a on a.person_id = s.decided_by
        where s.withdrawn_at is null
        order by s.decided_at, s.setting_id
        """,
    )


def add(tx: Tx, setting_id: UUID, one: Decision, *, by: PersonId, at: datetime) -> None:
    """A decision."""
    tx.run(
        """
        insert into planning.rule_setting
          (setting_id, rule, first_on, last_on, is_on, is_hard, weight, numbers, source,
           is_verified, decided_by, decided_at)
        values (%(id)s, %(rule)s, %(first)s, %(last)s, %(is_on)s, %(is_hard)s, %(weight)s,
                %(numbers)s, %(source)s, true, %(by)s, %(at)s)
        """,
        id=setting_id,
        rule=one.rule,
        first=one.first,
        last=one.last,
        is_on=one.is_on,
        is_hard=one.is_hard,
        weight=one.weight,
        numbers=json(dict(one.numbers)),
        source=one.source,
        by=by,
        at=at,
    )


def withdraw(tx: Tx, setting_id: UUID, *, by: PersonId, at: datetime) -> int:
    """A decision no longer stands; 0 when somebody was first."""
    return tx.run(
        """
        update planning.rule_setting set withdrawn_at = %(at)s, withdrawn_by = %(by)s
        where setting_id = %(id)s and withdrawn_at is null
        """,
        id=setting_id,
        by=by,
        at=at,
    )
