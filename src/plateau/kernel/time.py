"""Aware instants, and the local day of a site."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def local(at: datetime, zone: ZoneInfo = PARIS) -> datetime:
    """The instant as a wall clock of `zone` shows it."""
    return at.astimezone(zone)


def instant(day: date, clock: time, zone: ZoneInfo = PARIS) -> datetime:
    """The UTC instant when a wall clock of `zone` shows `clock` on `day`."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
