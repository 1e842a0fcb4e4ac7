"""What happened in reading."""

from dataclasses import dataclass

from plateau.kernel.ids import ExamId, SiteId, VersionId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSigned:
    """A version of a report is signed, final or addendum, and can no longer change."""

    version_id: VersionId
    exam_id: ExamId
    site_id: SiteId
