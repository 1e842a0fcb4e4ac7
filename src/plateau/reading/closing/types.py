"""What a final report waits for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether the last version reached every system and its requester, and what is open."""

    is_delivered: bool
    is_acknowledged: bool
    open_loops: int
