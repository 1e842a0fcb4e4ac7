"""What holds over a whole problem, so that it is not asked for day after day."""

from collections.abc import Iterable
from datetime import date, timedelta

from plateau.planning.roster.types import Contract, Held, Person, Problem, Span


def days_of(spans: Iterable[Span], problem: Problem) -> frozenset[int]:
    """The days of some spans, those long before the problem and after it left out."""
    floor, ceiling = problem.first.toordinal() - 200, problem.last.toordinal() + 1
    return frozenset(
        day
        for span in spans
        for day in range(
            max(span.first.toordinal(), floor),
            min(span.last.toordinal() if span.last else ceiling, ceiling) + 1,
        )
    )


def sole_contract(person: Person, problem: Problem) -> Contract | None:
    """The contract of the whole time, when there is one."""
    floor = problem.first - timedelta(days=200)
    whole = (c for c in person.contracts[:1] if _spans(c.span, floor, problem.last))
    return next(whole, None)


def _spans(span: Span, first: date, last: date) -> bool:
    return span.first <= first and (span.last is None or last <= span.last)


def always(held: Iterable[Held], problem: Problem) -> frozenset[str]:
    """What is held from the first day of a problem to its last."""
    return frozenset(one.what for one in held if _spans(one.span, problem.first, problem.last))
