"""What happens in planning that others hear of."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SolveAsked:
    """Somebody wants a roster: `planning.solve` says for which days."""

    solve_id: UUID
