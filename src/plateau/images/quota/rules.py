"""When a quota is almost used, and when it is used up."""

from plateau.images.quota.types import Fill

_NEAR_PER_CENT = 90


def fill(*, used: int, quota: int | None) -> Fill:
    """How much of a quota is used. Units: bytes."""
    if quota is None:
        return Fill.UNLIMITED
    if used >= quota:
        return Fill.OVER
    return Fill.NEAR if used * 100 >= quota * _NEAR_PER_CENT else Fill.FINE
