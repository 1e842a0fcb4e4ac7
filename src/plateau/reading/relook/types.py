"""Whom new images concern."""

from dataclasses import dataclass

from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId


@dataclass(frozen=True, slots=True)
class Signed:
    """An exam whose report is signed, and by whom."""

    exam_id: ExamId
    patient_id: PatientId
    site_id: SiteId
    reader_id: PersonId
