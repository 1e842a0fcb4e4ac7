"""Who is called about an exam that nobody reads, and when: pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from plateau.kernel.ids import PersonId
from plateau.reading.escalation.types import Plan, Rung, Target
from plateau.reading.rules.ranking import Choice, Ring, WhyNot

_CLOSED = (WhyNot.RING_CLOSED,)


def starts_at(rung: Rung, complete_at: datetime, due_at: datetime) -> datetime:
    """The instant before which a step rests: a share of the delay after the exam was complete."""
    return complete_at + max(due_at - complete_at, timedelta(0)) * rung.share


def rung_after(ladder: Sequence[Rung], position: int) -> Rung | None:
    """The first step above a position; None at the top."""
    return min((one for one in ladder if one.position > position), key=_position, default=None)


def _position(rung: Rung) -> int:
    return rung.position


def next_at(
    ladder: Sequence[Rung], called: Rung, *, now: datetime, complete_at: datetime, due_at: datetime
) -> datetime | None:
    """When the step after `called` is: not before those called had time to answer."""
    above = rung_after(ladder, called.position)
    if above is None:
        return None
    patience = now + timedelta(minutes=called.wait_minutes)
    return max(patience, starts_at(above, complete_at, due_at))


def readers_for(
    target: str,
    choices: Sequence[Choice],
    *,
    called: Collection[PersonId],
    given_to: PersonId | None,
) -> tuple[PersonId, ...]:
    """The reader whom a step calls, nobody twice; nobody when there is none.

    First whoever the exam was given to, then those who may read it, in their order; then the
    nearest whose ring is still closed; the operator last.
    """
    able = [one for one in choices if not one.why_not]
    closed = [one for one in choices if one.why_not == _CLOSED]
    nearer = [one for one in able if one.ring is not Ring.OPERATOR]
    if target in {Target.READER, Target.SECOND_READER}:
        order = [given_to] if given_to else []
        order += [one.reader.person_id for one in nearer]
    elif target == Target.NEXT_RING:
        outer = sorted(
            (one for one in closed if one.ring is not Ring.OPERATOR),
            key=lambda one: (one.ring, one.opens_at, one.reader.person_id.int),
        )
        order = [one.reader.person_id for one in (*outer, *nearer)]
    else:
        order = [one.reader.person_id for one in (*able, *closed) if one.ring is Ring.OPERATOR]
    return tuple(one for one in order if one not in called)[:1]


def plan(
    ladder: Sequence[Rung],
    rung: Rung,
    people: Sequence[PersonId],
    *,
    now: datetime,
    complete_at: datetime,
    due_at: datetime,
) -> Plan:
    """What a step does; after one that finds nobody to call, nobody is waited for."""
    above = rung_after(ladder, rung.position)
    later = next_at(ladder, rung, now=now, complete_at=complete_at, due_at=due_at)
    if above and not people:
        later = max(now, starts_at(above, complete_at, due_at))
    return Plan(rung=rung, people=tuple(people), next_at=later)
