"""SQL of storage commitment."""

from collections.abc import Sequence
from datetime import datetime

from plateau.images.commitment.messages import Asked, Reference, Stored
from plateau.platform.db import Tx


def add(
    tx: Tx, *, ae_title: str, transaction_uid: str, references: Sequence[Reference], at: datetime
) -> int | None:
    """Record what a machine asks; None when it has asked that already."""
    found: int | None = tx.value(
        """
        insert into images.commitment (transaction_uid, ae_title, asked_at, classes, uids)
        values (%(transaction_uid)s, %(ae_title)s, %(at)s, %(classes)s, %(uids)s)
        on conflict (ae_title, transaction_uid) do nothing
        returning commitment_id
        """,
        transaction_uid=transaction_uid,
        ae_title=ae_title,
        at=at,
        classes=[reference.sop_class_uid for reference in references],
        uids=[reference.sop_instance_uid for reference in references],
    )
    return found


def asked(tx: Tx, commitment_id: int) -> Asked:
    """What was asked."""
    return tx.one(
        Asked,
        """
        select ae_title, transaction_uid, classes, uids
        from images.commitment where commitment_id = %(id)s
        """,
        id=commitment_id,
    )


def stored(tx: Tx, uids: Sequence[str]) -> list[Stored]:
    """Which of these instances have a row, and where their bytes are.

    Those that wait for their patient are kept too.
    """
    return tx.all(
        Stored,
        """
        select sop_instance_uid, sop_class_uid, blob_key
        from images.kept where sop_instance_uid = any(%(uids)s)
        union all
        select distinct on (sop_instance_uid) sop_instance_uid, sop_class_uid, blob_key
        from images.stranger_instance i
        where sop_instance_uid = any(%(uids)s)
          and not exists (select from images.kept k
                          where k.sop_instance_uid = i.sop_instance_uid)
        order by sop_instance_uid
        """,
        uids=list(uids),
    )


def set_reported(tx: Tx, *, commitment_id: int, committed: int, at: datetime) -> None:
    """The machine has heard the answer."""
    tx.run(
        """
        update images.commitment set committed = %(committed)s, reported_at = %(at)s
        where commitment_id = %(id)s
        """,
        id=commitment_id,
        committed=committed,
        at=at,
    )
