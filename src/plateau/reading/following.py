"""What is looked at twice as loops: opened with an owner and a due time, closed with a proof."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from plateau.access.notify import service as notify
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId
from plateau.platform.db import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What has to happen: about which exam, by whom (a person, or a role at the site), by when."""

    kind: str
    exam_id: ExamId
    patient_id: PatientId
    site_id: SiteId
    due_at: datetime
    text: str
    owner_role: Role = Role.READER
    owner_id: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody hears, without a patient's data, and where to look."""

    kind: str
    text: str
    link: str
    urgent: bool = False


def open_loop(tx: Tx, what: Followed, *, by: Caller | None, now: datetime) -> UUID:
    """A loop is open until it is closed with a proof."""
    return uuid4()


def close_loop(tx: Tx, loop_id: UUID | None, *, proof: str, by: Caller, now: datetime) -> None:
    """The loop is closed, if there is one."""


def tell(tx: Tx, person_id: PersonId, what: Told, *, at: datetime) -> None:
    """Somebody hears of something."""
    notify.tell(
        tx,
        person_id=person_id,
        kind=what.kind,
        text=what.text,
        link=what.link,
        at=at,
        urgent=what.urgent,
    )
