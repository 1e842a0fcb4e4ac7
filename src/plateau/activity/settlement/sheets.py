"""Statements on paper and as spreadsheets; every line carries its path from inputs to amount."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from plateau.activity.paper import LINE, cell, euros, page, words
from plateau.activity.settlement.types import Item, Settled, Statement
from plateau.web import formats
from plateau.web.language import gettext as _

COLUMNS = ("agreement", "first_on", "last_on", "member", "section", "what", "basis", "quantity",
           "cents")  # fmt: skip
_WIDTHS = (34 * mm, 76 * mm, 28 * mm, 36 * mm)


def section_name(section: str) -> str:
    """A section of a statement in words."""
    return {
        "counter": _("Activity: done, against the target"),
        "paid": _("Costs paid"),
        "cost": _("Share of costs"),
        "forecast": _("Share of forecast costs (information)"),
        "revision": _("Revision on real costs (information)"),
        "received": _("Technical fees received"),
        "fee": _("Share of technical fees"),
        "duty": _("Duties and their pay (to people, outside the balance)"),
    }[section]


def what_name(what: str) -> str:
    """What a line is about in words; codes stay as they are."""
    return {
        "session": _("Sessions"),
        "exam": _("Exams"),
        "minute": _("Minutes"),
        "icr": _("Relative units (ICR)"),
        "euro": _("Technical fees (€)"),
        "staff": _("Staff"),
        "equipment": _("Equipment"),
        "premises": _("Premises"),
        "others": _("Others"),
        "fees": _("Technical fees"),
    }.get(what, what)


def rows(settled: Settled) -> Iterator[tuple[object, ...]]:
    """Every line of every statement, then its balance, as the columns say."""
    span = settled.span
    for one in settled.statements:
        head = (settled.code, span.first_on.isoformat(), span.last_on.isoformat(), one.member)
        for item in one.items:
            yield (*head, item.section, item.what, item.basis, item.quantity, item.cents)
        yield (*head, "balance", "", "", None, one.balance_cents)


def as_csv(settled: Settled) -> str:
    """The statements as a spreadsheet reads them, one line each; amounts in cents."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(COLUMNS)
    lines.writerows([cell(value) for value in row] for row in rows(settled))
    return text.getvalue()


def as_xlsx(settled: Settled) -> bytes:
    """The statements as a workbook, a sheet for each member; amounts in euros."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for one in settled.statements:
        sheet = book.create_sheet(one.member[:31])
        sheet.append([_("Section"), _("What"), _("Path"), _("Quantity"), _("Euros")])
        for item in one.items:
            amount = None if item.cents is None else item.cents / 100
            said = [section_name(item.section), what_name(item.what), item.basis]
            sheet.append([*(cell(word) for word in said), item.quantity, amount])
        sheet.append([_("Balance"), None, None, None, one.balance_cents / 100])
        for one_cell in (*sheet[1], *sheet[sheet.max_row]):
            one_cell.font = Font(bold=True)
        for letter, width in zip("ABCDE", (40, 24, 70, 12, 14), strict=True):
            sheet.column_dimensions[letter].width = width
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_pdf(settled: Settled, statement: Statement, *, title: str, notes: Sequence[str]) -> bytes:
    """The statement of a member; the same one always gives the same bytes."""
    content = io.BytesIO()
    sheet = page(content, title=f"{title} {statement.member}")
    sheet.build(list(_story(settled, statement, title, notes)))
    return content.getvalue()


def _story(
    settled: Settled, statement: Statement, title: str, notes: Sequence[str]
) -> Iterator[Flowable]:
    span = settled.span
    yield words(title, "title")
    period = f"{formats.day(span.first_on)} - {formats.day(span.last_on)}"
    yield words(f"{statement.member} · {settled.code} · {period}", "strong")
    for note in notes:
        yield words(note, "text")
    sections = dict.fromkeys(item.section for item in statement.items)
    for section in sections:
        items = [item for item in statement.items if item.section == section]
        yield Spacer(1, 4 * mm)
        yield words(section_name(section), "strong")
        yield _table(items)
    yield Spacer(1, 6 * mm)
    yield words(f"{_('Balance')} : {euros(statement.balance_cents)}", "title")
    for one in settled.transfers:
        if statement.member in (one.payer, one.payee):
            yield words(f"{one.payer} → {one.payee} : {euros(one.cents)}", "strong")


def _table(items: Sequence[Item]) -> Table:
    cells = [
        [
            words(what_name(item.what), "text"),
            words(item.basis, "small"),
            words("" if item.quantity is None else formats.number(item.quantity), "right"),
            words("" if item.cents is None else euros(item.cents), "right"),
        ]
        for item in items
    ]
    style: Any = [("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(cells, colWidths=_WIDTHS, style=style)
