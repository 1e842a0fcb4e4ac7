"""Indicators as a spreadsheet: one group a line, delays in minutes."""

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import Workbook
from openpyxl.styles import Font

from plateau.reading.indicators.types import Group, Spread

_DELAYS = ("justification", "turnaround", "from_last_image", "stopped")
COLUMNS = (
    "exams",
    *(f"{name}_{part}" for name in _DELAYS for part in ("count", "p50", "p90", "p95", "max")),
    "judged", "on_time",
)  # fmt: skip


def rows(groups: Sequence[Group], by: Sequence[str]) -> Iterator[tuple[str | float | None, ...]]:
    """What they are grouped by, then as the columns say."""
    for one in groups:
        spreads = (one.justification, one.turnaround, one.from_last_image, one.stopped)
        delays = [value for each in spreads for value in _minutes(each)]
        values = one.values or ("*",) * len(by)
        yield (*map(_cell, values), one.exams, *delays, one.judged, one.on_time)


def as_csv(groups: Sequence[Group], by: Sequence[str]) -> str:
    """As text with semicolons."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow((*by, *COLUMNS))
    lines.writerows(rows(groups, by))
    return text.getvalue()


def as_xlsx(groups: Sequence[Group], by: Sequence[str]) -> bytes:
    """As a workbook."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append((*by, *COLUMNS))
    for row in rows(groups, by):
        sheet.append(row)
    for one in sheet[1]:
        one.font = Font(bold=True)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _minutes(spread: Spread | None) -> tuple[float | int | None, ...]:
    if spread is None:
        return (0, None, None, None, None)
    spans = (spread.p50, spread.p90, spread.p95, spread.longest)
    return (spread.count, *(round(span.total_seconds() / 60, 2) for span in spans))


def _cell(value: str) -> str:
    """A text that a spreadsheet would run as a formula is quoted."""
    return f"'{value}" if value[:1] in set("=+-@\t\r") else value
