"""Programs that propose drafts: where they may, what they proposed, what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId, VersionId


class Decision(StrEnum):
    """What a reader does with a proposed draft."""

    ACCEPT = "accept"  # its words are the report's, to be signed as they are
    TAKE = "take"  # its words are in the editor, to be changed
    REJECT = "reject"


class Reason(StrEnum):
    """Why a reader rejects a proposed draft."""

    MISSED = "missed"  # something on the images is not in it
    INVENTED = "invented"  # something in it is not on the images
    WORDING = "wording"
    OTHER = "other"


class Outcome(StrEnum):
    """What became of a proposed draft once its exam was reported."""

    ACCEPTED = "accepted"  # word for word
    EDITED = "edited"
    REJECTED = "rejected"
    UNDECIDED = "undecided"  # shown or not, the reader wrote without it
    BLIND = "blind"  # it was hidden from the reader, to be compared afterwards


@dataclass(frozen=True, slots=True)
class Model:
    """A program of one version that may send drafts."""

    model_id: UUID
    name: str
    version: str
    maker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """When a program disagrees too often.

    `usual` disagreements in a thousand are accepted; `limit` are to be noticed; while the share is
    the usual one, it is stopped without cause once in `quiet_for` drafts or less often, on average.
    """

    usual_permille: int
    limit_permille: int
    quiet_for: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far disagreements have gone: stopped once `sum` reaches `threshold`."""

    judged: int
    disagreed: int
    sum: float
    threshold: float

    @property
    def is_over(self) -> bool:
        """Whether the limit is reached."""
        return self.sum >= self.threshold


@dataclass(frozen=True, slots=True)
class Switch:
    """Where a program may propose drafts, since when, and when it is stopped."""

    switch_id: UUID
    salt: UUID
    model_id: UUID
    site_id: SiteId
    exam_code: str
    blind_permille: int
    usual_permille: int
    limit_permille: int
    quiet_for: int

    @property
    def limit(self) -> Limit:
        """Its limit of disagreements."""
        return Limit(
            usual_permille=self.usual_permille,
            limit_permille=self.limit_permille,
            quiet_for=self.quiet_for,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A draft as a program sent it."""

    key: str  # the sender's own, so that sending twice proposes once
    model_name: str
    model_version: str
    study_uid: str
    accession_number: str
    result: str
    conclusion: str
    abnormal: bool
    document: object  # what was received, whole


@dataclass(frozen=True, slots=True)
class Awaited:
    """An exam for which a program may still send a draft; nothing says whose it is."""

    exam_id: ExamId
    study_uid: str
    accession_number: str
    exam_code: str
    exam_name: str
    modality: str
    complete_at: datetime


@dataclass(frozen=True, slots=True)
class Reported:
    """An exam that a draft is about."""

    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    exam_code: str
    accession_number: str
    state: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed draft as it is kept, what a reader decided on it, and whether it may be shown."""

    proposal_id: UUID
    exam_id: ExamId
    site_id: SiteId
    switch_id: UUID
    model_name: str
    model_version: str
    received_at: datetime
    result: str
    conclusion: str
    abnormal: bool
    blind: bool
    is_on: bool
    decision: str | None
    decided_by: PersonId | None
    decided_at: datetime | None
    reason: str | None
    found_abnormal: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader decides on a draft; on rejecting also why, and what the exam shows."""

    decision: Decision
    reason: Reason | None = None
    found_abnormal: bool | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The first signed version of an exam, and how long its last reading took."""

    version_id: VersionId
    exam_id: ExamId
    reader_id: PersonId
    result: str
    conclusion: str
    signed_at: datetime
    taken_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is written of a draft once its exam is signed, for ever."""

    proposal_id: UUID
    version_id: VersionId
    reader_id: PersonId
    outcome: Outcome
    reading_s: int | None
    distance_permille: int
    draft_abnormal: bool
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether draft and report disagree; by a person, or by what the reader did."""

    proposal_id: UUID
    disagrees: bool
    found_abnormal: bool
    score: int | None = None
    comment: str = ""
    by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A draft to compare with its signed report."""

    proposal_id: UUID
    exam_id: ExamId
    surname: str
    first_name: str
    exam_name: str
    exam_name_en: str
    site_name: str
    model_name: str
    model_version: str
    outcome: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """A draft beside the report that was signed, to say how far apart they are."""

    proposal_id: UUID
    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    study_uid: str
    accession_number: str
    switch_id: UUID
    model_name: str
    model_version: str
    outcome: str
    draft_result: str
    draft_conclusion: str
    draft_abnormal: bool
    result: str
    conclusion: str
    signer_name: str
    signed_at: datetime
    score: int | None


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """A program at a site for a type of exam, with what it did there."""

    switch_id: UUID
    model_id: UUID
    model_name: str
    model_version: str
    site_id: SiteId
    site_name: str
    exam_name: str
    exam_name_en: str
    blind_permille: int
    usual_permille: int
    limit_permille: int
    quiet_for: int
    valid_from: datetime
    made_by: str
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str
    is_mine: bool
    received: int
    accepted: int
    edited: int
    rejected: int
    undecided: int
    blind: int
    distance_permille: int | None
    reading_s: int | None
    abnormal: int
    judged: int
    disagreed: int


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A program that may send drafts, or no longer may."""

    model_id: UUID
    name: str
    version: str
    maker: str
    made_at: datetime
    made_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SwitchName:
    """The program and the site of a switch, in words."""

    site_id: SiteId
    site_name: str
    model_name: str
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a program is switched off, when, and by whom; by nobody when it went past its limit."""

    why: str
    at: datetime
    by: PersonId | None = None
