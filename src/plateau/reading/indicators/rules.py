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


def values_of(story: Story, by: Sequence[str]) -> tuple[str, ...]:
    """In which group an exam is; NotFoundError when nothing is grouped so."""
    if not set(by) <= set(GROUPS):
        raise NotFoundError("nothing is grouped by that")
    return tuple(_BY[one](story) for one in by)


def groups(stories: Sequence[Story], by: Sequence[str]) -> list[Group]:
    """The groups in the order of their values, then all of them together as the last one."""
    found: dict[tuple[str, ...], list[Story]] = {}
    for story in stories:
        found.setdefault(values_of(story, by), []).append(story)
    return [*(_group(values, found[values]) for values in sorted(found)), _group((), stories)]


def _group(values: tuple[str, ...], stories: Sequence[Story]) -> Group:
    judged = [story.is_on_time for story in stories if story.is_on_time is not None]
    return Group(
        values=values,
        exams=len(stories),
        justification=spread(story.justification for story in stories),
        turnaround=spread(story.turnaround for story in stories),
        from_last_image=spread(story.from_last_image for story in stories),
        stopped=spread(story.stopped for story in stories if story.stopped),
        judged=len(judged),
        on_time=sum(judged),
    )
