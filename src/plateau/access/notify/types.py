"""What people are told, where it goes, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import PersonId


class Channel(StrEnum):
    """How somebody is told beside the pages, where everything is told."""

    EMAIL = "email"
    SMS = "sms"


class When(StrEnum):
    """What of a kind goes through a channel."""

    NEVER = "never"
    URGENT = "urgent"
    ALWAYS = "always"


class DeliveryState(StrEnum):
    """What came of a message."""

    WAITING = "waiting"
    SENT = "sent"
    NEEDLESS = "needless"  # the person saw it on a page before it could be sent
    GIVEN_UP = "given_up"  # too old to be of use


@dataclass(frozen=True, slots=True)
class Contact:
    """Where somebody is reached; empty: not there."""

    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where one kind goes."""

    kind: str
    email: str = When.ALWAYS.value
    sms: str = When.URGENT.value


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one person is told: a text in English with its values, nothing about a patient."""

    person_id: PersonId
    kind: str
    text: str
    values: Mapping[str, str]
    link: str
    urgent: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class Notification:
    """What somebody was told, as their page lists it."""

    notification_id: int
    kind: str
    text: str
    told: Mapping[str, str]
    link: str
    urgent: bool
    created_at: datetime
    seen_at: datetime | None
    sent: list[str]  # the channels that took it
    waiting: list[str]
    failed: list[str]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to send now, in the language of whoever gets it."""

    delivery_id: UUID
    channel: str
    attempts: int
    give_up_at: datetime
    address: str
    language: str
    text: str
    told: Mapping[str, str]
    link: str
    urgent: bool
