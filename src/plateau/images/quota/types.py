"""How much a member keeps, beside how much it may."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from plateau.kernel.errors import PlateauError


class OverQuotaError(PlateauError):
    """The member keeps as much as it may: only what machines send is still stored."""

    code: ClassVar[str] = "over_quota"


class Fill(StrEnum):
    """How much of a quota is used."""

    UNLIMITED = "unlimited"
    FINE = "fine"
    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Use:
    """What a member keeps at all its sites; `quota` is None where the territory sets none.

    Units: bytes.
    """

    member_name: str
    used: int
    quota: int | None
