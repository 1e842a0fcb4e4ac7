"""Rosters on paper and as spreadsheets; spreadsheets read back, faults named by cell."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, cast
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from reportlab.lib import colors
from reportlab.lib.pagesizes import A3, A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import PersonId
from plateau.kernel.words import N_
from plateau.planning.publication.grid import Grid
from plateau.planning.roster.types import Assignment, Person, Post, Problem

_MOST_ROWS, _MOST_COLUMNS = 2_000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong in a cell of a spreadsheet: an English sentence and what fills it."""

    cell: str
    text: str
    values: Mapping[str, str]


def wall(grid: Grid, *, title: str, heads: Sequence[str]) -> bytes:
    """A roster as a sheet for the wall, on A3."""
    rows = [["", *heads]]
    rows += [
        [line.name, *("\n".join(c.text or "—" for c in cell.chips) for cell in line.cells)]
        for line in grid.lines
    ]
    per_day = len(heads) // max(1, len(grid.days))
    off = [
        ("BACKGROUND", (1 + n * per_day, 0), ((n + 1) * per_day, -1), colors.whitesmoke)
        for n, day in enumerate(grid.days)
        if day.is_off
    ]
    away = [
        ("BACKGROUND", (column, row), (column, row), colors.lightgrey)
        for row, line in enumerate(grid.lines, start=1)
        for column, cell in enumerate(line.cells, start=1)
        if cell.is_away
    ]
    size = 9.5 if len(heads) <= 21 else 4.5
    first = 130 if len(heads) <= 21 else 90
    return _page(
        title, rows, size=size, paper=landscape(A3), first=first, look=[*off, *away]
    )  # fmt: skip


def duty_table(rows: Sequence[Sequence[str]], *, title: str) -> bytes:
    """The duties of a month, as the director of a hospital is owed them."""
    return _page(title, [list(row) for row in rows], size=8, paper=landscape(A4), first=None)


def _page(
    title: str, rows: list[list[str]], *, size: float, paper: tuple[float, float],
    first: int | None, look: Sequence[tuple[Any, ...]] = (),
) -> bytes:  # fmt: skip
    out = BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=paper, title=title,
        leftMargin=20, rightMargin=20, topMargin=20, bottomMargin=20,
    )  # fmt: skip
    width, columns = paper[0] - 40, len(rows[0])
    widths = [first, *[(width - first) / (columns - 1)] * (columns - 1)] if first else None
    table = Table(cast("Any", rows), colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONTSIZE", (0, 0), (-1, -1), size),
                ("LEADING", (0, 0), (-1, -1), size + 1),
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), size / 4 if first else 5),
                ("RIGHTPADDING", (0, 0), (-1, -1), 1 if first else 5),
                ("TOPPADDING", (0, 0), (-1, -1), size / 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), size / 3),
                *look,
            ]
        )
    )
    page.build([Paragraph(_plain(title), getSampleStyleSheet()["Heading2"]), table])
    return out.getvalue()


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def workbook(problem: Problem, held: Iterable[Assignment]) -> bytes:
    """A roster as a spreadsheet: a row a person, a column a day, `M CT1` in a cell a post."""
    posts = {post.post_id: post for post in problem.posts}
    cells: dict[tuple[PersonId, date], list[Post]] = defaultdict(list)
    for one in held:
        if one.post_id in posts:
            cells[one.person_id, posts[one.post_id].on].append(posts[one.post_id])
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new workbook has one
    sheet.title = "Roster"
    days = sorted({post.on for post in problem.posts})
    sheet.append(["", *days])
    for person in sorted(problem.people, key=lambda one: one.name):
        sheet.append([_safe(person.name), *(_texts(cells[person.person_id, day]) for day in days)])
    for number, cell in enumerate(sheet[1], start=1):
        cell.font = Font(bold=True)
        cell.number_format = "yyyy-mm-dd"
        sheet.column_dimensions[get_column_letter(number)].width = 26 if number == 1 else 12
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def _texts(posts: Iterable[Post]) -> str:
    return "\n".join(sorted(f"{post.half.value} {post.name}" for post in posts))


def read(content: bytes, problem: Problem) -> tuple[frozenset[Assignment], list[Fault]]:
    """The roster of a spreadsheet and what is wrong in it, by cell; every fault is found.

    Raises:
        InvalidInputError: it is no spreadsheet.
    """
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise InvalidInputError("this is no spreadsheet (xlsx)") from error
    sheet = book.worksheets[0]
    rows = list(
        sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
    )  # fmt: skip
    return _Reading(problem).read(rows)


class _Reading:
    """A spreadsheet as it is read: who was found where, and what was wrong."""

    def __init__(self, problem: Problem) -> None:
        self._people = {_folded(one.name): one for one in problem.people}
        self._posts: dict[tuple[date, str, str], list[Post]] = defaultdict(list)
        for post in problem.posts:
            for called in {_folded(post.name), _folded(post.machine or post.name)}:
                self._posts[post.on, post.half.value, called].append(post)
        self._problem = problem
        self._taken: dict[object, int] = defaultdict(int)
        self._held: set[Assignment] = set()
        self._faults: list[Fault] = []

    def read(self, rows: Sequence[Sequence[object]]) -> tuple[frozenset[Assignment], list[Fault]]:
        """Every row, the first of which has the days."""
        days = [self._day(n, value) for n, value in enumerate(rows[0] if rows else ())]
        if not any(days):
            self._fault("A1", N_("the first row has no day of this period"), {})
        for number, row in enumerate(rows[1:], start=2):
            self._row(number, row, days)
        return frozenset(self._held), self._faults

    def _day(self, column: int, value: object) -> date | None:
        if column == 0 or value is None:
            return None
        cell = f"{get_column_letter(column + 1)}1"
        try:
            on = value.date() if isinstance(value, datetime) else date.fromisoformat(str(value))
        except ValueError:
            self._fault(cell, N_("{value} is no day"), {"value": str(value)})
            return None
        if not self._problem.first <= on <= self._problem.last:
            self._fault(cell, N_("{value} is not in the period"), {"value": f"{on}"})
            return None
        return on

    def _row(self, number: int, row: Sequence[object], days: Sequence[date | None]) -> None:
        if not row or row[0] is None or not str(row[0]).strip():
            return
        person = self._people.get(_folded(str(row[0])))
        if person is None:
            self._fault(f"A{number}", N_("nobody here is called {value}"), {"value": str(row[0])})
            return
        for column, value in enumerate(row[1:], start=1):
            on = days[column] if column < len(days) else None
            if on is not None and value is not None:
                cell = f"{get_column_letter(column + 1)}{number}"
                for text in str(value).replace(";", "\n").splitlines():
                    if text.strip():
                        self._entry(cell, person, on, text.strip())

    def _entry(self, cell: str, person: Person, on: date, text: str) -> None:
        half, _, name = text.partition(" ")
        posts = self._posts.get((on, half.upper(), _folded(name)), [])
        if not posts:
            told = {"value": text, "day": f"{on}"}
            self._fault(cell, N_("there is no post {value} on {day}"), told)
            return
        for post in posts:
            if self._taken[post.post_id] < post.needed:
                self._taken[post.post_id] += 1
                self._held.add(
                    Assignment(post.post_id, person.person_id, self._taken[post.post_id])
                )
                return
        told = {"value": text, "day": f"{on}", "person": person.name}
        self._fault(cell, N_("{value} on {day} has everybody it needs: {person} is too many"), told)

    def _fault(self, cell: str, text: str, values: Mapping[str, str]) -> None:
        self._faults.append(Fault(cell=cell, text=text, values=values))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
