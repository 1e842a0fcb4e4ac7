"""How dates, durations and numbers look, in the language of the page and the time of Paris."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from plateau.kernel.time import PARIS, local
from plateau.web.language import current

_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])")
_NARROW = "\u202f"  # between a number and its unit


def clock(at: datetime | None) -> str:
    """`22/11 14:05`; a dash when there is none."""
    if at is None:
        return "—"
    pattern = "dd/MM HH:mm" if current() == "fr" else "d MMM HH:mm"
    return format_datetime(local(at), pattern, locale=current())


def hour(at: datetime | None) -> str:
    """`14:05`."""
    return format_datetime(local(at), "HH:mm", locale=current()) if at else "—"


def day(on: date | datetime) -> str:
    """`22/11/2026`, or `22 Nov 2026`."""
    when = local(on).date() if isinstance(on, datetime) else on
    return format_date(when, "dd/MM/yyyy" if current() == "fr" else "d MMM yyyy", locale=current())


def long_day(on: date | datetime) -> str:
    """`lundi 23 novembre 2026`."""
    when = local(on).date() if isinstance(on, datetime) else on
    return format_date(when, "full", locale=current())


def dated(values: Mapping[str, str]) -> dict[str, str]:
    """What fills a sentence, its days (`2027-01-04`) as people write them."""
    return {name: day(date.fromisoformat(one)) if _DAY.fullmatch(one) else one
            for name, one in values.items()}  # fmt: skip


def weekday(on: date) -> str:
    """`lun.`, or `Mon`."""
    return format_date(on, "EEE", locale=current())


def iso(at: datetime) -> str:
    """For the `datetime` attribute of a `time` element."""
    return at.astimezone(PARIS).isoformat(timespec="seconds")


def duration(span: timedelta | None) -> str:
    """`45 s`, `12 min`, `2 h 05`, `3 j`; a minus sign before what has passed."""
    if span is None:
        return "—"
    seconds = int(abs(span).total_seconds())
    sign = "−" if span < timedelta(0) else ""
    if seconds < 60:
        return f"{sign}{seconds}{_NARROW}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{sign}{minutes}{_NARROW}min"
    if minutes < 48 * 60:
        return f"{sign}{minutes // 60}{_NARROW}h{_NARROW}{minutes % 60:02d}"
    return f"{sign}{minutes // 1440}{_NARROW}{'j' if current() == 'fr' else 'd'}"


def age(born_on: date, today: date | datetime) -> str:
    """`76 ans`, `8 mois`, `5 j`, as of a day."""
    on = local(today).date() if isinstance(today, datetime) else today
    years = on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
    months = (on.year - born_on.year) * 12 + on.month - born_on.month - (on.day < born_on.day)
    french = current() == "fr"
    if years >= 2:
        return f"{years}{_NARROW}{'ans' if french else 'y'}"
    if months >= 1:
        return f"{months}{_NARROW}{'mois' if french else 'mo'}"
    return f"{max(0, (on - born_on).days)}{_NARROW}{'j' if french else 'd'}"


def number(value: float | None, digits: int = 0) -> str:
    """With the decimal sign and thousands of the language."""
    if value is None:
        return "—"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, locale=current())


FILTERS = {
    "clock": clock,
    "hour": hour,
    "day": day,
    "long_day": long_day,
    "weekday": weekday,
    "dated": dated,
    "iso": iso,
    "duration": duration,
    "age": age,
    "number": number,
}
