import pytest

from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.web.language import gettext, ngettext, preferred, sentence, speaking


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [
        ("", None, "fr"),
        ("de-DE,de;q=0.9", None, "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", None, "en"),
        ("en;q=0.2, fr;q=0.9", None, "fr"),
        ("de, en;q=0.5", None, "en"),
        ("en;q=0", None, "fr"),
        ("en-GB", "fr", "fr"),
        ("fr", "en", "en"),
        ("en", "../../etc", "en"),
        (";;,q=;en;q=9", None, "fr"),
    ],
)
def test_a_stranger_is_spoken_to_in_their_language(
    header: str, cookie: str | None, language: str
) -> None:
    assert preferred(header, cookie) == language


def test_a_refusal_is_translated_then_filled_in() -> None:
    error = RuleBrokenError(
        "too many attempts: try again in {seconds} s, or ask an administrator", seconds=4
    )
    with speaking("en"):
        assert "try again in 4 s" in sentence(error)
    with speaking("fr"):
        assert "4 s" in sentence(error)
        assert sentence(error) != str(error)


def test_what_is_typed_is_never_taken_for_a_placeholder() -> None:
    with speaking("fr"):
        assert "{x}" in sentence(NotFoundError("no account is called {login}", login="{x}"))


def test_a_text_without_translation_stays_english() -> None:
    with speaking("fr"):
        assert gettext("no such text anywhere") == "no such text anywhere"
        assert ngettext("one such text", "many such texts", 2) == "many such texts"


def test_an_unknown_language_is_french() -> None:
    with speaking("tlh"):
        assert gettext("Sign in") == gettext("Sign in")
        assert gettext("Sign in") != "Sign in"
