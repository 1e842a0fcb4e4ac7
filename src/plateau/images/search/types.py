"""What a search finds."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import PatientId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose studies are searched: of patients who have one at `sites`; None: of the whole pool.

    Identifiers without issuer are those of `home`, where a machine of a site asks.
    """

    sites: frozenset[SiteId] | None
    home: SiteId | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A study, series or instance that matches, with all that stands above it."""

    study_id: UUID
    patient_id: PatientId
    surname: str
    first_name: str
    birth_on: date
    sex: str
    identifiers: list[list[str]]  # value and issuer, the searching site's first
    site_name: str
    study_uid: str
    accession_number: str
    description: str
    modalities: list[str]
    started_at: datetime
    local_at: datetime
    study_series: int
    study_instances: int
    patient_studies: int
    series_uid: str | None
    modality: str | None
    series_number: int | None
    series_description: str | None
    series_instances: int | None
    uid: str | None
    sop_class_uid: str | None
    transfer_syntax_uid: str | None
    number: int | None
    frames: int | None
    rows: int | None
    columns: int | None
    elements: str | None  # DICOM JSON of what else was asked of an instance
