"""What people change of the territory, over its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Verb(StrEnum):
    """What a change does to the days it speaks of."""

    PUT = "put"  # this holds, whatever held before
    ALTER = "alter"  # what holds is otherwise in some fields
    END = "end"  # nothing holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """Some days of a thing are otherwise: from a day on, until the day before another.

    `subject` are the fields that tell the thing apart, `content` those that change, as the rows of
    its kind hold them: all of them when it is put.
    """

    kind: str  # of a table of the territory
    subject: Mapping[str, Any]
    verb: Verb
    content: Mapping[str, Any]
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An alteration as it is kept; `ends_on` is its end, or the day it was taken back."""

    alteration_id: UUID
    kind: str
    subject: Mapping[str, Any]
    verb: str
    content: Mapping[str, Any]
    valid_from: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """What somebody changed in one go, and why; `what` in the words of whoever changed it."""

    amendment_id: UUID
    kind: str
    what: str
    verb: str
    valid_from: date
    valid_to: date | None
    reason: str
    author: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Why, by whom and when something is changed, and what people call it."""

    what: str
    reason: str
    by: UUID
    at: datetime
