"""The two languages: English in the sources, French in the catalogue, French first."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from typing import cast

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from plateau.kernel.errors import PlateauError

LANGUAGES = ("fr", "en")
_current: ContextVar[str] = ContextVar("language", default="fr")


class _French(NullTranslations):
    """Looks texts up in the catalogue; English stands where French is missing."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._texts: dict[str, tuple[str, ...]] = {}
        for message in catalog:
            if message.id and message.string:
                key = message.id if isinstance(message.id, str) else message.id[0]
                forms = (message.string,) if isinstance(message.string, str) else message.string
                self._texts[key] = tuple(forms)

    def gettext(self, message: str) -> str:
        return (self._texts.get(message) or ("",))[0] or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._texts.get(msgid1)
        if forms and all(forms) and len(forms) > 1:
            return forms[1 if n > 1 else 0]
        return msgid1 if n == 1 else msgid2


@cache
def _french() -> _French:
    path = files("plateau.locale").joinpath("fr/LC_MESSAGES/messages.po")
    with path.open("rb") as file:
        return _French(read_po(file))


def _translations() -> NullTranslations:
    return _french() if _current.get() == "fr" else NullTranslations()


def current() -> str:
    """The language of the answer being written."""
    return _current.get()


@contextmanager
def speaking(language: str) -> Generator[None, None, None]:
    """Write in that language inside the block."""
    token = _current.set(language if language in LANGUAGES else "fr")
    try:
        yield
    finally:
        _current.reset(token)


def gettext(text: str) -> str:
    """The text in the current language."""
    return _translations().gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The text for that number, in the current language."""
    return _translations().ngettext(one, many, number)


def sentence(error: PlateauError) -> str:
    """An error as people read it: translated, then filled in."""
    return gettext(error.text).format(**error.params)


def preferred(accept_language: str, cookie: str | None) -> str:
    """The language of somebody who has not signed in: their cookie, their browser, French."""
    if cookie in LANGUAGES:
        return cast("str", cookie)
    wanted = sorted(map(_weighed, accept_language.split(",")), reverse=True, key=lambda one: one[1])
    spoken = (language for language, weight in wanted if language in LANGUAGES and weight > 0)
    return next(spoken, "fr")


def _weighed(part: str) -> tuple[str, float]:
    """`en-GB;q=0.8` as its language and weight.

    Source: RFC 9110, section 12.4.2.
    """
    tag, _, quality = part.partition(";")
    found = re.fullmatch(r"q=([01](?:\.\d{0,3})?)", quality.strip().lower())
    return tag.strip()[:2].lower(), float(found[1]) if found else 1.0
