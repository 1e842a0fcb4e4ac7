"""When signing in must wait, how long a session lives, where one may return to."""

from datetime import datetime, timedelta

from plateau.access.types import Attempts

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
WINDOW = timedelta(minutes=15)
SHORTEST_PASSWORD = 12
_FREE_BY_LOGIN, _FREE_BY_ADDRESS = 5, 30
_LONGEST_LOGIN = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def retry_at(attempts: Attempts) -> datetime | None:
    """When signing in may be tried again; None when it may be tried now.

    Each failure beyond the free ones doubles the wait, from 1 s to the whole window.
    """
    excess = max(attempts.by_login - _FREE_BY_LOGIN, attempts.by_address - _FREE_BY_ADDRESS)
    if excess < 0 or attempts.last_at is None:
        return None
    return attempts.last_at + min(timedelta(seconds=2 ** min(excess, 12)), WINDOW)


def plain_login(typed: str) -> str:
    """A login as it is kept: small letters, of a length somebody could have."""
    return typed.replace("\0", "").strip().lower()[:_LONGEST_LOGIN]


def cell(value: object) -> str:
    """A value for a spreadsheet, which would run a text that begins like a formula.

    Source: OWASP, CSV injection.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def session_end(*, created_at: datetime, seen_at: datetime) -> datetime:
    """When a session ends if nothing more is asked."""
    return min(seen_at + IDLE, created_at + LONGEST)


def safe_next(path: str) -> str:
    """A page of ours to go to after signing in; the first page for anything else."""
    ours = path.startswith("/") and not path.startswith("//")
    plain = path.isprintable() and "\\" not in path
    return path if ours and plain else "/"
