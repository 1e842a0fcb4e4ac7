"""What DIMSE handlers share: statuses."""

from plateau.kernel import errors

SUCCESS = 0x0000
PENDING = 0xFF00
_STATUSES: dict[type[errors.PlateauError], int] = {
    errors.UnavailableError: 0xA700,  # Refused: out of resources. PS3.4, table B.2-1
    errors.InvalidInputError: 0xC000,  # Error: cannot understand
    errors.NotFoundError: 0x0124,  # Refused: not authorised. PS3.7, annex C
}


def status_of(error: errors.PlateauError) -> int:
    """The DIMSE status that tells the sender whether to retry."""
    return _STATUSES.get(type(error), 0x0110)  # Processing failure
