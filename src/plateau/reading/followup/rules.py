"""When an incidental finding may be followed, and when its owner is reminded."""

from datetime import date, timedelta

from plateau.kernel.errors import InvalidInputError
from plateau.reading.followup.types import Advice

LONGEST = 1000  # characters
FURTHEST = timedelta(days=3653)
_LEAD = timedelta(days=30)
_DAY = timedelta(days=1)


def require_advice(advice: Advice, *, today: date) -> None:
    """A finding, a recommendation, and a day to come within ten years."""
    if not advice.finding.strip() or not advice.recommendation.strip():
        raise InvalidInputError("say what was found, and what should be done")
    if max(len(advice.finding), len(advice.recommendation)) > LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=LONGEST)
    if not today < advice.due_on <= today + FURTHEST:
        raise InvalidInputError("the day is to come, within ten years")


def require_plan(planned_on: date, *, today: date) -> None:
    """What is planned lies ahead."""
    if not today <= planned_on <= today + FURTHEST:
        raise InvalidInputError("the day is to come, within ten years")


def remind_on(today: date, due_on: date) -> date:
    """A quarter of the time before the day, a day at least, a month at most."""
    lead = min(_LEAD, max(_DAY, (due_on - today) // 4))
    return due_on - lead
