"""What a rule is, and how it says that it is not kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from plateau.kernel.ids import PersonId
from plateau.planning.roster.board import At, Board, Work, Worker
from plateau.planning.roster.types import Breach, Setting, Status

ByPerson = Callable[[Board, Worker, At], Iterator[Breach]]
ByRoster = Callable[[Board, At], Iterator[Breach]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a roster: what it asks in a sentence, for whom, and how it is checked.

    It looks at people one by one, or at the whole roster.
    """

    code: str
    says: str  # in English, translated in the door
    by_person: ByPerson | None = None
    by_roster: ByRoster | None = None
    statuses: frozenset[Status] = frozenset(Status)


def breach(
    setting: Setting, text: str, values: dict[str, str], *,
    works: Sequence[Work] = (), person_id: PersonId | None = None, units: float = 1.0,
) -> Breach:  # fmt: skip
    """A rule that is not kept, by so many units; only soft ones have a price."""
    return Breach(
        rule=setting.rule,
        is_hard=setting.is_hard,
        cost=0.0 if setting.is_hard else setting.weight * units,
        text=text,
        values=values,
        on=works[-1].post.on if works else None,
        person_id=person_id,
        post_ids=tuple(work.post.post_id for work in works),
    )


def hours(minutes: float) -> str:
    """Minutes as hours and minutes: 11 h, 10 h 59."""
    whole, rest = divmod(round(minutes), 60)
    return f"{whole} h {rest:02d}" if rest else f"{whole} h"


def number(value: float) -> str:
    """A number with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
