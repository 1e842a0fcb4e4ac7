"""Templates and macros, as they are kept and as they are offered for one exam."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.territory.types import ExamType


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapters:
    """What a template says of the three chapters that a reader writes, merge fields and all."""

    technique: str
    result: str
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A template as somebody wants it; `starts`: an empty report of its exams starts from it."""

    name: str
    chapters: Chapters
    exam_codes: Sequence[str]
    starts: bool
    shared: bool  # everybody's, not the writer's own
    identifier: str = ""
    source: bytes | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is kept."""

    template_id: UUID
    owner_id: PersonId | None
    name: str
    starts: bool
    technique: str
    result: str
    conclusion: str
    identifier: str
    has_source: bool
    exam_codes: list[str]
    made_at: datetime
    made_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Macro:
    """A short word that stands for a text."""

    macro_id: UUID
    owner_id: PersonId | None
    short: str
    text: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The page of templates and macros: those everybody has, and the caller's own."""

    templates: Sequence[Template]
    ended: Sequence[Template]
    macros: Sequence[Macro]
    exam_types: Sequence[ExamType]
    may_share: bool
    may_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A template with its merge fields filled for one exam."""

    name: str
    is_mine: bool
    chapters: Chapters


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the reader of one exam may put into their text; macros by their short words."""

    start: Chapters
    templates: Sequence[Offered]
    macros: Sequence[tuple[str, str]]
