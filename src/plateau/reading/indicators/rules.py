"""From stories of exams to indicators; pure, and the same whatever their order."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from plateau.kernel.errors import NotFoundError
from plateau.reading.indicators.types import GROUPS, Group, Spread, Story

_BY: dict[str, Callable[[Story], str]] = {
    "urgency": lambda story: story.urgency,
    "site": lambda story: story.site,
    "modality": lambda story: story.modality,
    "hour": lambda story: f"{story.hour:02d}",
    "ring": lambda story: story.ring,
}


def spread(delays: Iterable[timedelta | None]) -> Spread | None:
    """How delays are spread; those that are not known are left out.

    Nearest rank: source NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.6.2.
    """
    ordered = sorted(delay for delay in delays if delay is not None)
    if not ordered:
        return None

    def at(percent: int) -> timedelta:
        return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]

    return Spread(len(ordered), at(50), at(90), at(95), ordered[-1])


def value_of(story: Story, by: str) -> str:
    """In which group an exam is; NotFoundError when nothing is grouped so."""
    if by not in GROUPS:
        raise NotFoundError("nothing is grouped by that")
    return _BY[by](story)


def groups(stories: Sequence[Story], by: str) -> list[Group]:
    """The groups in the order of their values, then all of them together as the last one, `*`."""
    found: dict[str, list[Story]] = {}
    for story in stories:
        found.setdefault(value_of(story, by), []).append(story)
    return [*(_group(value, found[value]) for value in sorted(found)), _group("*", stories)]


def _group(value: str, stories: Sequence[Story]) -> Group:
    judged = [story.is_on_time for story in stories if story.is_on_time is not None]
    return Group(
        value=value,
        exams=len(stories),
        justification=spread(story.justification for story in stories),
        turnaround=spread(story.turnaround for story in stories),
        from_last_image=spread(story.from_last_image for story in stories),
        stopped=spread(story.stopped for story in stories if story.stopped),
        judged=len(judged),
        on_time=sum(judged),
    )
