"""Reports as PDF, as a workbook and as data."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from reportlab.platypus import Flowable, Spacer
from reportlab.platypus import Table as Printed

from plateau.activity.paper import LINE, WIDTH, cell, page, words
from plateau.activity.reports.types import Cell, Report, Table
from plateau.web import formats
from plateau.web.language import gettext as _

_GAP = 12  # points between two tables


def as_pdf(report: Report) -> bytes:
    """The report on paper; the same one always gives the same bytes."""
    content = io.BytesIO()
    page(content, title=f"{report.title} {report.year}").build(list(_story(report)))
    return content.getvalue()


def as_xlsx(report: Report) -> bytes:
    """The report as a workbook, a sheet for each table; amounts in euros."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, table in enumerate(report.tables, 1):
        sheet = book.create_sheet(f"{number}")
        sheet.append([cell(table.title)])
        sheet.append([cell(name) for name in table.columns])
        for row in table.rows:
            sheet.append([_value(table, place, one) for place, one in enumerate(row)])
        for one in (*sheet[1], *sheet[2]):
            one.font = Font(bold=True)
        for column in "ABCDEFGHI"[: len(table.columns)]:
            sheet.column_dimensions[column].width = 24
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_json(report: Report) -> str:
    """The report as data; amounts in cents."""
    return json.dumps(asdict(report), ensure_ascii=False, indent=1, default=_plain)


def written(table: Table, place: int, one: Cell) -> str:
    """A cell as the reader's language writes it."""
    if one is None:
        return "—"
    if place in table.money and isinstance(one, int):
        return formats.number(one / 100, 2)
    if isinstance(one, float):
        return formats.number(one, 1)
    return formats.number(one) if isinstance(one, int) else one


def _story(report: Report) -> Iterator[Flowable]:
    yield words(report.title, "title")
    until = _("{year}, counted until {day}").format(year=report.year, day=formats.day(report.until))
    yield words(until, "text")
    for missing in report.missing:
        yield words(f"! {missing}", "strong")
    for table in report.tables:
        yield Spacer(1, _GAP)
        yield words(table.title, "strong")
        if table.note:
            yield words(table.note, "small")
        yield _printed(table) if table.rows else words(_("Nothing."), "text")


def _printed(table: Table) -> Printed:
    cells = [[words(name, "strong") for name in table.columns]]
    cells += [
        [
            words(written(table, place, one), "text" if isinstance(one, str) else "right")
            for place, one in enumerate(row)
        ]
        for row in table.rows
    ]
    style: Any = [("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    count = len(table.columns)
    return Printed(cells, colWidths=[WIDTH / count] * count, style=style, repeatRows=1)


def _value(table: Table, place: int, one: Cell) -> object:
    return one / 100 if place in table.money and isinstance(one, int) else cell(one)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # a set of ints
