"""Who is imaged, and the few traits that tell two people apart."""

from dataclasses import dataclass
from datetime import date

from plateau.kernel.ids import PatientId

SEXES = frozenset({"F", "M", "U"})  # U: not known, as registers allow


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a site says of a person when it gives them an identifier."""

    surname: str
    first_name: str
    birth_on: date
    sex: str


@dataclass(frozen=True, slots=True)
class Patient:
    """A person the territory knows."""

    patient_id: PatientId
    surname: str
    first_name: str
    birth_on: date
    sex: str
    identity_status: str

    @property
    def traits(self) -> Traits:
        """The traits alone, for comparison."""
        return Traits(
            surname=self.surname, first_name=self.first_name, birth_on=self.birth_on, sex=self.sex
        )
