"""People who sign in, and what is written of what they saw."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import PatientId, PersonId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is done to what: one row of the audit trail."""

    action: str  # dotted: 'report.sign'
    subject: str  # kind and our id: 'exam:…'
    patient_id: PatientId | None = None
    site_id: SiteId | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    person_id: PersonId
    login: str
    name: str
    password_hash: str | None
    language: str
    theme: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    person_id: PersonId
    name: str
    language: str
    theme: str
    csrf: str
    seen_at: datetime
    roles: list[str]  # each at the site of the same place
    sites: list[SiteId]


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role at one site."""

    role: str
    site_id: SiteId


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often signing in failed lately, for one login and for one address."""

    by_login: int
    by_address: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new session: the token goes into the cookie and is kept nowhere else."""

    person_id: PersonId
    token: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit trail, as an administrator reads it."""

    audit_id: int
    at: datetime
    actor: str
    action: str
    patient_id: UUID | None
    subject: str
    site_id: UUID | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines of the audit trail; an empty field lets everything through."""

    actor: str = ""
    action: str = ""
    patient_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None
