"""Reading: the worklist, drafts, signed versions and their log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import DutyId, ExamId, PatientId, PersonId, SiteId, VersionId
from plateau.kernel.urgency import Urgency


class State(StrEnum):
    """Where a report stands."""

    UNASSIGNED = "unassigned"
    OFFERED = "offered"  # somebody is asked to read it
    ASSIGNED = "assigned"  # somebody is to read it, and has not begun
    READING = "reading"  # one reader holds it, for as long as the lease lasts
    DRAFT = "draft"  # nobody holds it, and what was written is kept
    PRELIMINARY = "preliminary"  # what is written may be seen, marked as such; it is to be signed
    SECOND_READ = "second_read"  # somebody else reads it before it is signed
    SIGNED = "signed"  # may still be recalled by its signer
    FINAL = "final"
    DELIVERED = "delivered"  # every system that receives it has it
    ACKNOWLEDGED = "acknowledged"  # whoever asked has read it
    CLOSED = "closed"  # and every loop around it
    RETRACTED = "retracted"  # it was about somebody else


class Step(StrEnum):
    """What happens to a report."""

    OPENED = "opened"
    OFFERED = "offered"
    DECLINED = "declined"
    DECLINED_DRAFTED = "declined_drafted"
    ASSIGNED = "assigned"
    TAKEN = "taken"
    TAKEN_OVER = "taken_over"
    RELEASED = "released"
    RELEASED_DRAFTED = "released_drafted"
    LAPSED = "lapsed"
    LAPSED_DRAFTED = "lapsed_drafted"
    PRELIMINARY = "preliminary"
    SECOND_ASKED = "second_asked"
    CONCORDANT = "concordant"
    DISCORDANT = "discordant"
    SIGNED = "signed"
    RECALLED = "recalled"
    FINALISED = "finalised"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    ADDENDUM = "addendum"
    RETRACTED = "retracted"
    REOPENED = "reopened"


class Kind(StrEnum):
    """What a version is."""

    PRELIMINARY = "preliminary"  # given before it is signed, and marked as such
    FINAL = "final"
    ADDENDUM = "addendum"
    RETRACTION = "retraction"  # those before it were about somebody else


class Lateness(StrEnum):
    """How an exam stands against its delay."""

    PLAIN = "plain"
    SOON = "soon"
    LATE = "late"


class Finding(StrEnum):
    """What somebody should look at again before signing."""

    EMPTY_RESULT = "empty_result"
    EMPTY_CONCLUSION = "empty_conclusion"
    UNFILLED = "unfilled"
    OTHER_SIDE = "other_side"
    OTHER_SEX = "other_sex"
    OTHER_CONTRAST = "other_contrast"
    OTHER_AGE = "other_age"
    OTHER_NAME = "other_name"
    OTHER_PATIENT = "other_patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The four chapters of a report, plain text."""

    indication: str
    technique: str
    result: str
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for and done, as far as a report can contradict it, and its template."""

    template: str
    text: str
    protocol: str
    sex: str
    age: int | None = None  # in years when the images were made; not known: none
    surname: str = ""
    local_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found in a report: what forbids signing, and what deserves a second look."""

    refusals: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a version's digest vouches for, beside its text."""

    exam_id: ExamId
    patient_id: PatientId
    number: int
    kind: Kind
    reason: str
    signed_by: PersonId
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A signed version as it is kept."""

    version_id: VersionId
    sections: Sections
    seal: Seal
    digest: str
    document_key: str
    duty_id: DutyId | None


@dataclass(frozen=True, slots=True)
class Signature:
    """A signed text that is not final yet; `final_at` is in real time."""

    version_id: VersionId
    exam_id: ExamId
    patient_id: PatientId
    indication: str
    technique: str
    result: str
    conclusion: str
    signed_by: PersonId
    signer_name: str
    signed_at: datetime
    final_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """A draft as somebody has it on their screen, and the revision they started from."""

    exam_id: ExamId
    sections: Sections
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What somebody signs: the text before their eyes, and their password again."""

    save: Save
    password: str
    despite_warnings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """What somebody gives before it is signed, and who heard it by telephone, if anybody."""

    save: Save
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addendum:
    """What somebody adds to a signed report, and why."""

    exam_id: ExamId
    text: str
    conclusion: str
    reason: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """Somebody says that a report is about another patient, why, and proves who they are."""

    exam_id: ExamId
    reason: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What somebody wants to see of the worklist; empty: everything that is not signed."""

    urgency: Urgency | None = None
    modality: str = ""
    state: str = ""  # to_read, reading, signed
    site_id: SiteId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An exam that enters the worklist."""

    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    study_uid: str
    modality: str
    exam_code: str
    urgency: str
    state: str
    complete_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A task that somebody may be reading, and whether a draft of it is kept."""

    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    study_uid: str
    modality: str
    urgency: str
    complete_at: datetime
    due_at: datetime
    state: str
    reader_id: PersonId | None
    reader_name: str | None
    taken_at: datetime | None
    lease_until: datetime | None
    signed_at: datetime | None
    incomplete_reason: str
    drafted: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written of a report that is not signed."""

    exam_id: ExamId
    indication: str
    technique: str
    result: str
    conclusion: str
    revision: int
    saved_at: datetime
    saved_by: PersonId


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A signed version, with whom and what it is about."""

    version_id: VersionId
    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    study_uid: str
    accession_number: str
    modality: str
    exam_code: str
    exam_name: str
    urgency: str
    complete_at: datetime
    number: int
    kind: str
    reason: str
    indication: str
    technique: str
    result: str
    conclusion: str
    signed_by: PersonId
    signer_name: str
    signer_rpps: str | None
    signed_at: datetime
    duty_id: DutyId | None
    document_key: str
    digest: str
    retracted: bool  # a later version says that this one is about somebody else


class Verdict(StrEnum):
    """What a reader decides when images of an exam were rejected after it was read."""

    STANDS = "stands"  # the report is right without them
    ADDENDUM = "addendum"  # it is to be completed
    SEEN = "seen"  # the report is not signed: what is written takes it into account


@dataclass(frozen=True, slots=True)
class Rejected:
    """Images of an exam that were rejected when it was being read or had been."""

    rejection_id: int
    code: str
    state: str
    at: datetime
    restored_at: datetime | None
    decision: str | None
    reason: str
    decided_at: datetime | None
    decided_by: str | None

    @property
    def awaits(self) -> bool:
        """Whether a reader has still to decide."""
        return self.decision is None and self.restored_at is None


@dataclass(frozen=True, slots=True)
class Undecided:
    """An exam of which images were rejected, and a reader has not decided what that changes."""

    exam_id: ExamId
    surname: str
    first_name: str
    site_name: str
    modality: str
    at: datetime
    notes: int


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the log of a report."""

    event: str
    from_state: str | None
    to_state: str
    at: datetime
    person_id: UUID | None
    person_name: str | None
    role: str | None
    site_id: SiteId
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The signed versions of a report, and the log of what happened to it."""

    versions: tuple[SignedReport, ...]
    transitions: tuple[Transition, ...]
