"""French public holidays."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache


@cache
def of_year(year: int, *, alsace_moselle: bool = False) -> frozenset[date]:
    """The public holidays of a year; Alsace and Moselle have two more.

    Source: Code du travail, art. L3133-1 and L3134-13.
    """
    easter = easter_of(year)
    fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]
    days = {date(year, month, day) for month, day in fixed}
    days |= {easter + timedelta(days=n) for n in (1, 39, 50)}  # Easter, Ascension, Whit Monday
    if alsace_moselle:
        days |= {easter - timedelta(days=2), date(year, 12, 26)}
    return frozenset(days)


def between(first: date, last: date, *, alsace_moselle: bool = False) -> frozenset[date]:
    """The public holidays from `first` to `last`, both counted."""
    return frozenset(_between(first, last, alsace_moselle=alsace_moselle))


def _between(first: date, last: date, *, alsace_moselle: bool) -> Iterator[date]:
    for year in range(first.year, last.year + 1):
        for day in of_year(year, alsace_moselle=alsace_moselle):
            if first <= day <= last:
                yield day


def easter_of(year: int) -> date:
    """Easter Sunday in the Gregorian calendar.

    Source: Butcher's algorithm, J. Meeus, Astronomical Algorithms, chapter 8.
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
