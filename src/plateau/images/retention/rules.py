"""Until when images are kept."""

from collections.abc import Iterable
from datetime import date

from plateau.images.retention.types import Life, Rule


def kept_until(rule: Rule, *, last_visit_on: date, born_on: date, died_on: date | None) -> date:
    """The first day on which images may be deleted.

    So many years after the last visit, and at least until an age; for somebody who died before
    that many years after a visit, a number of years after death instead.

    Source: Code de la santé publique, R.1112-7.
    """
    after_death = rule.years_after_death
    if died_on and after_death and died_on < _years_later(last_visit_on, after_death):
        return _years_later(died_on, after_death)
    due = _years_later(last_visit_on, rule.years)
    return max(due, _years_later(born_on, rule.until_age)) if rule.until_age else due


def due_on(lives: Iterable[Life]) -> date:
    """The same where several rules hold: the longest one decides."""
    return max(
        kept_until(
            one.rule, last_visit_on=one.last_visit_on, born_on=one.born_on, died_on=one.died_on
        )
        for one in lives
    )


def _years_later(day: date, years: int) -> date:
    """The same day years later; the first of March after a 29 February that does not come back."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
