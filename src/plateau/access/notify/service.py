"""Telling people something, and what they want to hear where.

What is told is on their page at once. What is to be sent by mail or SMS is a row beside it, in the
transaction that made it true; `carrier` sends it later, however often that has to be tried.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from plateau.access.notify import queries, rules
from plateau.access.notify.types import Choice, Contact, News, Notification
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PersonId
from plateau.platform import clock
from plateau.platform.db import Tx
from plateau.platform.live import told

Value = str | int | datetime


def tell(  # noqa: PLR0913 - one keyword for each thing that a notification says
    tx: Tx,
    *,
    person_id: PersonId,
    kind: str,
    text: str,
    values: Mapping[str, Value] | None = None,
    link: str = "/notifications",
    at: datetime,
    urgent: bool = False,
    key: str | None = None,
) -> int | None:
    """The person is told, once per `key`; the number of the notification, None if told before.

    `text` is English with {places}, marked for translation by whoever says it; `values` fill them
    in, never with anything about a patient; an instant goes under a name that ends in `_at`.
    """
    said = {name: _kept(value) for name, value in (values or {}).items()}
    rules.require_sayable(text, said, link)
    news = News(
        person_id=person_id, kind=kind, text=text, values=said, link=link, urgent=urgent, key=key
    )
    number = queries.add(tx, news, at=at)
    if number is not None:
        contact = queries.contact(tx, person_id) or Contact()
        choice = queries.choice(tx, person_id, kind) or Choice(kind)
        channels = rules.channels(contact, choice, urgent=urgent)
        queries.add_deliveries(tx, number, channels, wall=clock.wall(), kept=rules.KEPT_FOR)
        tx.touch(told(person_id))
    return number


def _kept(value: Value) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def mine(
    tx: Tx, caller: Caller, *, before_id: int | None = None, limit: int = 100
) -> list[Notification]:
    """What the caller was told, the newest first."""
    return queries.of_person(tx, caller.person_id, before_id=before_id, limit=limit)


def unseen(tx: Tx, caller: Caller) -> int:
    """How much of it the caller has not acknowledged."""
    return queries.unseen(tx, caller.person_id)


def see(tx: Tx, caller: Caller, notification_id: int | None, *, at: datetime) -> None:
    """The caller has seen that one, or everything; what was still to be sent is needless."""
    if notification_id is not None and not queries.exists(tx, caller.person_id, notification_id):
        raise NotFoundError("there is no such notification")
    if queries.see(tx, caller.person_id, notification_id, at=at):
        tx.touch(told(caller.person_id))


def contact(tx: Tx, person_id: PersonId) -> Contact:
    """Where the person is reached."""
    return queries.contact(tx, person_id) or Contact()


def choices(tx: Tx, caller: Caller, kinds: Sequence[str]) -> list[Choice]:
    """Where each of these kinds goes for the caller."""
    said = {one.kind: one for one in queries.choices(tx, caller.person_id)}
    return [said.get(kind, Choice(kind)) for kind in kinds]


def choose(tx: Tx, caller: Caller, contact: Contact, choices: Sequence[Choice]) -> None:
    """The caller is reached there, and these kinds go so, from now on."""
    queries.set_contact(tx, caller.person_id, contact)
    queries.set_choices(tx, caller.person_id, choices)
