"""The signed report as a PDF: the same content always gives the same bytes."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

_FONTS = {"Plateau": "Vera.ttf", "Plateau-Bold": "VeraBd.ttf", "Plateau-Italic": "VeraIt.ttf"}
_INK, _QUIET, _LINE = HexColor("#16202b"), HexColor("#4c5a68"), HexColor("#b8c2cc")
_MARGIN, _LABEL = 18 * mm, 38 * mm
# Signs that the embedded font lacks, and what is printed for them.
_PLAIN = str.maketrans(
    {"\u202f": "\u00a0", "\u2009": " ", "\u2011": "-", "→": "->", "←": "<-", "Δ": "delta "}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A titled text of the report."""

    title: str
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One version, and the line that says who signed it when."""

    title: str
    chapters: Sequence[Chapter]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Everything that is printed: words only, already in the language of the reader."""

    place: str
    title: str
    patient: str
    facts: Sequence[tuple[str, str]]
    versions: Sequence[Signed]  # the one being signed first, then what it follows
    footer: str
    page: str  # with {page} and {pages}


def build(paper: Paper) -> bytes:
    """The PDF of a report."""
    _register()
    content = BytesIO()
    template = SimpleDocTemplate(
        content,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=24 * mm,
        title=printable(paper.title),
        author="Plateau",
        invariant=1,
    )
    template.build(list(_story(paper)), canvasmaker=partial(_Numbered, paper=paper))
    return content.getvalue()


def printable(text: str) -> str:
    """The text in signs that the embedded font has; what has no equivalent shows as `?`."""
    return "".join(_sign(sign) for sign in unicodedata.normalize("NFC", text).translate(_PLAIN))


def _sign(sign: str) -> str:
    known = _known_signs()
    if sign == "\n" or ord(sign) in known:
        return sign
    if unicodedata.category(sign) in {"Cc", "Cf"}:
        return " " if sign == "\t" else ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if ord(part) in known)
    return plain or "?"


@cache
def _register() -> None:
    """The fonts that reportlab ships are embedded, so that the file reads alike everywhere."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, folder / file))


@cache
def _known_signs() -> frozenset[int]:
    _register()
    font: Any = pdfmetrics.getFont("Plateau")
    return frozenset(font.face.charToGlyph)


@cache
def _style(name: str) -> ParagraphStyle:
    base: dict[str, Any] = {"fontName": "Plateau", "fontSize": 9, "leading": 13, "textColor": _INK}
    own: dict[str, dict[str, Any]] = {
        "text": {},
        "quiet": {"textColor": _QUIET, "fontSize": 8, "leading": 11},
        "strong": {"fontName": "Plateau-Bold"},
        "title": {"fontName": "Plateau-Bold", "fontSize": 14, "leading": 18},
        "patient": {"fontName": "Plateau-Bold", "fontSize": 11, "leading": 15},
        "chapter": {"fontName": "Plateau-Bold", "fontSize": 8, "leading": 12, "spaceBefore": 7,
                    "textColor": _QUIET, "keepWithNext": 1},
        "signature": {"fontName": "Plateau-Italic", "spaceBefore": 8},
    }  # fmt: skip
    return ParagraphStyle(name, **{**base, **own[name]})


def _words(text: str, style: str = "text") -> Paragraph:
    return Paragraph(escape(printable(text)).replace("\n", "<br/>"), _style(style))


def _story(paper: Paper) -> Iterable[Flowable]:
    yield _words(paper.place, "quiet")
    yield _words(paper.title, "title")
    yield _rule()
    yield _words(paper.patient, "patient")
    yield _facts(paper.facts)
    for version in paper.versions:
        yield from _version(version)


def _rule() -> Flowable:
    return HRFlowable(width="100%", thickness=0.6, color=_LINE, spaceBefore=4, spaceAfter=6)


def _facts(facts: Sequence[tuple[str, str]]) -> Flowable:
    rows = [[_words(label, "quiet"), _words(value)] for label, value in facts]
    table = Table(rows, colWidths=[_LABEL, A4[0] - 2 * _MARGIN - _LABEL], hAlign="LEFT")
    table.setStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ])  # fmt: skip
    return table


def _version(version: Signed) -> Iterable[Flowable]:
    yield _rule()
    yield _words(version.title, "strong")
    for chapter in version.chapters:
        yield _words(chapter.title, "chapter")
        yield _words(chapter.text, "strong" if chapter.strong else "text")
    yield _words(version.signature, "signature")
    yield Spacer(0, 3 * mm)


class _Numbered(Canvas):
    """A canvas that knows how many pages there are once it is saved."""

    def __init__(self, *args: Any, paper: Paper, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._paper = paper
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - named by reportlab
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        start: Any = getattr(self, "_startPage")  # noqa: B009 - reportlab has no public name for it
        start()

    def save(self) -> None:
        """Write the pages, each with its foot."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._foot(number)
            super().showPage()
        super().save()

    def _foot(self, number: int) -> None:
        self.setFont("Plateau", 7)
        self.setFillColor(_QUIET)
        for line, text in enumerate(printable(self._paper.footer).split("\n")):
            self.drawString(_MARGIN, 15 * mm - line * 9, text)
        page = self._paper.page.format(page=number, pages=len(self._pages))
        self.drawRightString(A4[0] - _MARGIN, 15 * mm, page)
