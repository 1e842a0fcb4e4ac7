"""What a template or a macro must be, whatever door it comes through."""

import re
from dataclasses import astuple
from unicodedata import normalize

from plateau.kernel import merge_fields
from plateau.kernel.errors import InvalidInputError
from plateau.reading.library.types import Chapters, Wish

_LONGEST_NAME, _LONGEST_TEXT = 100, 20_000
_SHORT = re.compile(r"[^\W_][\w-]{0,29}")


def tidy(wish: Wish) -> Wish:
    """The wish as it is kept; InvalidInputError says what it lacks."""
    name = normalize("NFC", wish.name).strip()
    if not name or len(name) > _LONGEST_NAME:
        raise InvalidInputError(
            "a template has a name of 1 to {most} characters", most=_LONGEST_NAME
        )
    if not wish.exam_codes:
        raise InvalidInputError("say for which exams the template is")
    texts = [_tidy_text(text) for text in astuple(wish.chapters)]
    if not any(texts):
        raise InvalidInputError("the template says nothing")
    technique, result, conclusion = texts
    return Wish(
        name=name,
        chapters=Chapters(technique=technique, result=result, conclusion=conclusion),
        exam_codes=sorted(set(wish.exam_codes)),
        starts=wish.starts,
        shared=wish.shared,
        identifier=wish.identifier,
        source=wish.source,
    )


def tidy_macro(short: str, text: str) -> tuple[str, str]:
    """The short word and the text as they are kept; InvalidInputError when they cannot be."""
    short, text = normalize("NFC", short).strip().removeprefix("."), _tidy_text(text)
    if not _SHORT.fullmatch(short):
        raise InvalidInputError("a macro is one word of 1 to 30 letters, digits or dashes")
    if not text:
        raise InvalidInputError("the macro says nothing")
    return short.casefold(), text


def _tidy_text(text: str) -> str:
    text = normalize("NFC", text).strip()
    if len(text) > _LONGEST_TEXT:
        raise InvalidInputError("a text here has {most} characters at most", most=_LONGEST_TEXT)
    merge_fields.require_known(text)
    return text
