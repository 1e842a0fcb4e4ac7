"""What another machine asks to be sent, and where."""

from dataclasses import dataclass

from plateau.kernel.ids import PatientId, SiteId, StudyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The unique keys of a request; those that its level does not have are empty."""

    local_id: str = ""
    study_uids: tuple[str, ...] = ()
    series_uids: tuple[str, ...] = ()
    uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """A study that is selected and that the calling machine may see."""

    study_id: StudyId
    patient_id: PatientId
    site_id: SiteId
    is_cold: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """An instance to be sent, as it is stored."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    blob_key: str
