"""What becomes of a study that is copied without its patient."""

from dataclasses import dataclass, field

from plateau.kernel.ids import PatientId


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What pseudonyms are made of: the same in one project, unlike in any other."""

    key: bytes = field(repr=False)
    patient_id: PatientId


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An instance without its patient; `warning` says what a person should look at."""

    content: bytes
    warning: str = ""
