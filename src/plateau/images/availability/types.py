"""What can be had, and where."""

from dataclasses import dataclass

ONLINE, NEARLINE, OFFLINE, UNAVAILABLE = "ONLINE", "NEARLINE", "OFFLINE", "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Available:
    """An instance, and whether it can be had."""

    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    availability: str


@dataclass(frozen=True, slots=True)
class Said:
    """What another system says of an instance."""

    study_uid: str
    series_uid: str
    sop_instance_uid: str
    availability: str
    retrieve_from: str
