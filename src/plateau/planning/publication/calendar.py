"""Posts as an iCalendar feed, without any patient.

Source: RFC 5545.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from plateau.planning.publication.types import Held

_LINE_BYTES = 75  # RFC 5545, 3.1


def feed(name: str, posts: Iterable[Held], *, now: datetime) -> bytes:
    """The calendar of somebody."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Plateau//Roster//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for post in posts:
        lines += _event(post, now)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(post: Held, now: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{post.post_id}@plateau",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(post.starts_at)}",
        f"DTEND:{_utc(post.ends_at)}",
        f"SUMMARY:{escaped(post.name)}",
        f"LOCATION:{escaped(post.site_name)}",
        f"CATEGORIES:{post.kind.upper()}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """A text as a value (RFC 5545, 3.3.11)."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> bytes:
    """A line of 75 octets at most, no character cut (RFC 5545, 3.1)."""
    parts: list[bytes] = []
    part = b""
    for letter in line:
        encoded = letter.encode()
        room = _LINE_BYTES - (1 if parts else 0)
        if len(part) + len(encoded) > room:
            parts.append(part)
            part = b""
        part += encoded
    parts.append(part)
    return b"\r\n ".join(parts) + b"\r\n"
