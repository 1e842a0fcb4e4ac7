"""Report templates as IHE exchanges them: HTML with Dublin Core and coded sections.

Read into the chapters of our reports, and written from them. A field without a value is a blank to
fill; a list of which nothing is chosen is a choice to make.

Source: IHE Radiology Technical Framework Supplement, Management of Radiology Report Templates
(MRRT), section 8.1.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.element import PreformattedString

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.merge_fields import named, only_known
from plateau.reading.library.types import Chapters

LARGEST = 1_000_000
"""Bytes of a file."""

_FINDINGS = "59776-5"
_LOINC = {
    "55752-0": "",  # clinical information: ours comes from the request
    "55111-9": "technique",
    "18834-2": "result",
    _FINDINGS: "result",
    "19005-8": "conclusion",
}
_WORDS = (
    ("", re.compile(r"clinical|indication|history|renseignements|contexte", re.IGNORECASE)),
    ("technique", re.compile(r"technique|procedure|protocol|proc[ée]dure", re.IGNORECASE)),
    ("conclusion", re.compile(r"conclusion|impression|synth[èe]se", re.IGNORECASE)),
)
_RESULT = re.compile(r"finding|r[ée]sult", re.IGNORECASE)
_BLOCKS = {"p", "div", "li", "tr", "section", "header", "br", "ul", "ol", "table", "dd", "dt"}
_SILENT = {"script", "style", "datalist", "option", "head"}
_GROUPS = {"CHECKBOX", "RADIO"}
_BREAK = "\v"  # the end of a line that somebody wrote, not that the page makes


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a file says."""

    title: str
    identifier: str
    chapters: Chapters


def read(data: bytes) -> Imported:
    """A template from a file; InvalidInputError says what it lacks."""
    page = _page(data)
    title = _meta(page, "dcterms.title") or (page.title.get_text(strip=True) if page.title else "")
    if not title:
        raise InvalidInputError("the template has no title")
    sections = [one for one in page.find_all("section") if one.find_parent("section") is None]
    if not sections:
        raise InvalidInputError("the template has no section")
    codes = _codes(page)
    chapters = Chapters(technique="", result="", conclusion="")
    for section in sections:
        chapters = _with(chapters, section, codes)
    return Imported(title=title, identifier=_meta(page, "dcterms.identifier"), chapters=chapters)


def write(title: str, identifier: str, chapters: Chapters) -> str:
    """A template as a file that other systems read, and `read` gives back."""
    sections = (
        ("technique", "Procedure Information", "55111-9", chapters.technique),
        ("result", "Findings", "59776-5", chapters.result),
        ("conclusion", "Impression", "19005-8", chapters.conclusion),
    )
    entries = "".join(
        f'<entry ORIGTXT="{key}"><term><code meaning="{name}" value="{code}" scheme="LOINC"/>'
        "</term></entry>\n"
        for key, name, code, _text in sections
    )
    body = "".join(
        f'<section id="{key}" class="level1" data-section-name="{name}">'
        f'<header class="level1">{name}</header>\n'
        f'<p><textarea id="{key}-text" name="{name}" data-field-type="TEXT" '
        f'data-field-merge-flag="false">\n{escape(text)}</textarea></p></section>\n'
        for key, name, _code, text in sections
    )
    return f"""<!DOCTYPE html>
<html><head><title>{escape(title)}</title><meta charset="UTF-8"/>
<meta name="dcterms.title" content="{escape(title)}"/>
<meta name="dcterms.identifier" content="{escape(identifier)}"/>
<meta name="dcterms.type" content="IMAGE_REPORT_TEMPLATE"/>
<meta name="dcterms.language" content="fr"/>
<script type="text/xml"><template_attributes><top-level-flag>true</top-level-flag>
<status>ACTIVE</status><coded_content>
<coding_schemes><coding_scheme name="LOINC" designator="2.16.840.1.113883.6.1"/></coding_schemes>
{entries}</coded_content></template_attributes></script></head>
<body>
{body}</body></html>
"""


def _page(data: bytes) -> BeautifulSoup:
    if len(data) > LARGEST:
        raise InvalidInputError("a template has {most} bytes at most", most=LARGEST)
    try:
        page = BeautifulSoup(data.decode("utf-8-sig"), "html.parser")
    except UnicodeDecodeError as error:
        raise InvalidInputError("a template is written in UTF-8") from error
    if _meta(page, "dcterms.type") != "IMAGE_REPORT_TEMPLATE":
        raise InvalidInputError("this is no report template: dcterms.type does not say so")
    return page


def _meta(page: BeautifulSoup, name: str) -> str:
    found = page.find("meta", attrs={"name": name})
    return _attribute(found, "content") if found else ""


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value.strip() if isinstance(value, str) else ""


def _codes(page: BeautifulSoup) -> dict[str, str]:
    """The LOINC code of each part that has one, by the identifier of the part."""
    script = page.find("script", attrs={"type": "text/xml"})
    coded = BeautifulSoup(script.get_text() if script else "", "html.parser")
    pairs = ((entry, entry.find("code")) for entry in coded.find_all("entry"))
    return {
        _attribute(entry, "origtxt"): _attribute(code, "value")
        for entry, code in pairs
        if code and _attribute(code, "scheme").upper() == "LOINC"
    }


def _with(chapters: Chapters, section: Tag, codes: Mapping[str, str]) -> Chapters:
    """The chapters with what a section says; what fits none of ours is a part of the result."""
    name = _attribute(section, "data-section-name") or _header(section)
    code = codes.get(_attribute(section, "id"), "")
    chapter = _LOINC.get(code)
    if chapter is None:
        chapter = next((key for key, words in _WORDS if words.search(name)), "result")
    text = "\n".join(_lines(section))
    if not chapter or not text:
        return chapters
    is_named = chapter == "result" and code != _FINDINGS and not _RESULT.search(name)
    said = f"{name} :\n{text}" if is_named else text
    kept: str = getattr(chapters, chapter)
    return replace(chapters, **{chapter: "\n".join(part for part in (kept, said) if part)})


def _header(section: Tag) -> str:
    header = section.find("header")
    return header.get_text(strip=True) if header else ""


def _lines(section: Tag) -> Iterator[str]:
    """The lines of a section, its own header left out."""
    own = section.find("header", recursive=False)
    said = "".join(part for child in section.children if child is not own for part in _said(child))
    for line in said.split("\n"):
        text = re.sub(r"[ \t]+", " ", line).strip()
        if text:
            yield re.sub(r" ?: ?:", " :", text).replace(_BREAK, "\n")


def _said(node: PageElement) -> Iterator[str]:
    """What a part says, a new line where the page would begin one."""
    if isinstance(node, NavigableString):
        if not isinstance(node, PreformattedString):
            yield re.sub(r"\s+", " ", only_known(node))
        return
    if not isinstance(node, Tag) or node.name in _SILENT:
        return
    field = _field(node)
    if field is not None:
        yield field
        return
    yield "\n" if node.name in _BLOCKS else ""
    yield from (part for child in node.children for part in _said(child))
    yield from _ending(node)


def _ending(node: Tag) -> Iterator[str]:
    """What comes after a part: what it announces, or the next line."""
    announces = node.name in {"header", "label"} and node.get_text(strip=True)
    yield " : " if announces else "\n" if node.name in _BLOCKS else ""


def _field(node: Tag) -> str | None:
    """What stands for a field; None: this is none."""
    kind = _attribute(node, "data-field-type").upper()
    if kind in _GROUPS and node.name != "input":
        return _choice((_attribute(one, "value"), one.has_attr("checked")) for one in _boxes(node))
    if node.name == "select":
        options = node.find_all("option")
        return _choice((one.get_text(strip=True), one.has_attr("selected")) for one in options)
    if node.name == "textarea":
        lines = node.get_text().replace("\v", " ").splitlines()
        return _filled(node, "\n".join(lines)).replace("\n", _BREAK)
    if node.name == "input":
        return _input(node)
    return None


def _boxes(node: Tag) -> list[Tag]:
    return [
        one for one in node.find_all("input") if _attribute(one, "type") in {"checkbox", "radio"}
    ]


def _input(node: Tag) -> str:
    value = _attribute(node, "value")
    if _attribute(node, "type") in {"checkbox", "radio"}:
        return only_known(value) if node.has_attr("checked") else ""
    options = (
        node.find_next("datalist", id=_attribute(node, "list")) if node.has_attr("list") else None
    )
    if options and not value:
        return _choice((_attribute(one, "value"), False) for one in options.find_all("option"))
    return _filled(node, value)


def _filled(node: Tag, value: str) -> str:
    """The value of a field; a merge field of ours; or a blank."""
    if _attribute(node, "data-field-merge-flag").lower() == "true":
        names = (_attribute(node, key) for key in ("name", "title", "id"))
        known = next((one for one in map(named, names) if one), None)
        if known:
            return "{" + known + "}"
    return only_known(value.strip("\r\n")) if value.strip() else "[?]"


def _choice(options: Iterable[tuple[str, bool]]) -> str:
    known = [(re.sub(r"[\[\]|]", "", only_known(text)), chosen) for text, chosen in options if text]
    picked = [text for text, chosen in known if chosen]
    return ", ".join(picked) or (f"[{' | '.join(text for text, _ in known)}]" if known else "[?]")
