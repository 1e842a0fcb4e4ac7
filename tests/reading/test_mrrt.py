"""Report templates of others are read whole or refused, and ours are read back as they were."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.errors import InvalidInputError
from plateau.reading.library import mrrt
from plateau.reading.library.types import Chapters

WHOLE = (Path(__file__).parent / "template.html").read_text("utf-8")
HEAD = WHOLE[: WHOLE.index("<body>") + len("<body>")]


def test_a_file_of_another_system_becomes_chapters_blanks_and_choices() -> None:
    said = mrrt.read(WHOLE.encode())
    assert (said.title, said.identifier) == ("Scanner de l'abdomen", "1.2.3")
    assert said.chapters.technique.splitlines() == [
        "Technique : Injection (portale).",
        "Dose : {dose}",
    ]
    assert said.chapters.result.splitlines() == [
        "Foie : Normal.",
        "Rein droit : [normal | petit]",
        "Pelvis :",
        "Utérus : [présent | absent]",
        "Taille : [?] mm",
        "Comparison :",
        "Aucune.",
        "Rien d'autre.",
    ]
    assert said.chapters.conclusion == "[?]"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"", "dcterms.type"),
        (b"<html><body>Bonjour</body></html>", "dcterms.type"),
        ((HEAD + "<p>Rien</p></body>").encode(), "no section"),
        (b'<meta name="dcterms.type" content="IMAGE_REPORT_TEMPLATE"><section></section>', "title"),
        (b" " * (mrrt.LARGEST + 1), "bytes at most"),
    ],
)
def test_what_is_no_template_is_refused_and_says_why(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        mrrt.read(data)


LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="{}[]"),
    min_size=1,
).map(lambda word: word.replace("::", ";"))
TEXT = st.lists(st.lists(LINE, min_size=1, max_size=3).map(" ".join), max_size=4).map("\n".join)


@given(TEXT, TEXT, TEXT.filter(bool), LINE)
def test_what_we_write_is_read_back(
    technique: str, result: str, conclusion: str, name: str
) -> None:
    chapters = Chapters(technique=technique, result=result, conclusion=conclusion)
    back = mrrt.read(mrrt.write(name, "1.2.3", chapters).encode())
    blank = Chapters(
        technique=technique or "[?]", result=result or "[?]", conclusion=conclusion or "[?]"
    )
    assert (back.title, back.identifier, back.chapters) == (name, "1.2.3", blank)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(InvalidInputError):
        mrrt.read(HEAD.encode() + data)
