"""Indicators as a spreadsheet: one group a line, delays in minutes."""

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import Workbook
from openpyxl.styles import Font

from plateau.reading.indicators.types import Group, Spread

_DELAYS = ("justification", "turnaround", "from_last_image", "stopped")
COLUMNS = (
    "group", "exams",
    *(f"{name}_{part}" for name in _DELAYS for part in ("count", "p50", "p90", "p95", "max")),
    "judged", "on_time",
)  # fmt: skip


def rows(groups: Sequence[Group]) -> Iterator[tuple[str | float | None, ...]]:
    """The groups as the columns say."""
    for one in groups:
        spreads = (one.justification, one.turnaround, one.from_last_image, one.stopped)
        delays = [value for each in spreads for value in _minutes(each)]
        yield (_cell(one.value), one.exams, *delays, one.judged, one.on_time)


def as_csv(groups: Sequence[Group]) -> str:
    """As text with semicolons."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(COLUMNS)
    lines.writerows(rows(groups))
    return text.getvalue()


def as_xlsx(groups: Sequence[Group]) -> bytes:
    """As a workbook."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    for row in rows(groups):
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
