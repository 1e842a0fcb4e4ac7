"""What documents of activity are printed with: fonts, styles, words."""

from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

from plateau.web import formats

INK, LINE = HexColor("#16202b"), HexColor("#b8c2cc")
WIDTH = 174 * mm  # of what is printed
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def page(content: BinaryIO, *, title: str) -> SimpleDocTemplate:
    """A4 sheets; the same story always gives the same bytes."""
    _register()
    return SimpleDocTemplate(
        content, pagesize=A4, title=title, author="Plateau", invariant=1,
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
    )  # fmt: skip


def words(text: str, style: str) -> Paragraph:
    """A paragraph: `text`, `small`, `right`, `strong` or `title`."""
    plain = text.replace("\u202f", "\u00a0").replace("→", "->")
    return Paragraph(escape(plain), _style(style))


def euros(cents: int) -> str:
    """Cents as an amount in the reader's language."""
    return f"{formats.number(cents / 100, 2)} €"


def cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula is quoted."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


@cache
def _register() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in (("Statement", "Vera.ttf"), ("Statement-Bold", "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, folder / file))


@cache
def _style(name: str) -> ParagraphStyle:
    base: dict[str, Any] = {"fontName": "Statement", "fontSize": 8, "leading": 11,
                            "textColor": INK}  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "text": {},
        "small": {"fontSize": 7, "leading": 9},
        "right": {"alignment": 2},
        "strong": {"fontName": "Statement-Bold", "fontSize": 9, "leading": 13},
        "title": {"fontName": "Statement-Bold", "fontSize": 13, "leading": 17},
    }
    return ParagraphStyle(name, **{**base, **own[name]})
