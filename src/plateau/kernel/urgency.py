"""The one urgency scale of the territory."""

from enum import StrEnum


class Urgency(StrEnum):
    """How soon an exam must be read; the delays are contract parameters of the territory."""

    IMMEDIATE = "U0"  # life at stake
    URGENT = "U1"
    SAME_DAY = "U2"
    PLANNED = "U3"
