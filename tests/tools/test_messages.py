from pathlib import Path

import pytest

import messages

PAGE = """{% trans %}
  Take the
  next exam
{% endtrans %}
{% trans n=rows|length %}one exam{% pluralize %}{{ n }} exams{% endtrans %}"""
SERVICE = """
raise NotFoundError("no study at {site}", site=site)
raise errors.NotFoundError("no report " "yet")
_("Worklist")
NotFoundError(text)
"""
FRENCH = """
msgid "Take the next exam"
msgstr "Prendre le suivant"

msgid "one exam"
msgid_plural "%(n)s exams"
msgstr[0] "un examen"
msgstr[1] "%(n)s examens"

msgid "no study at {site}"
msgstr "aucune étude à {site}"

msgid "no report yet"
msgstr "pas encore de compte rendu"

msgid "Worklist"
msgstr "Lectures"
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A page, a service and the errors of a small project."""
    templates = tmp_path / "reading" / "templates"
    templates.mkdir(parents=True)
    (templates / "worklist.html").write_text(PAGE, "utf-8")
    (tmp_path / "reading" / "service.py").write_text(SERVICE, "utf-8")
    (tmp_path / "errors.py").write_text("class NotFoundError(Exception): ...\n", "utf-8")
    return tmp_path


def problems(sources: Path, french: str) -> list[str]:
    """What the check says of this French catalogue."""
    catalog = sources / "messages.po"
    catalog.write_bytes(messages.HEADER + french.encode())
    template = messages.extract(sources, sources / "errors.py")
    return list(messages.problems(messages.read(catalog), template))


def test_a_complete_catalogue_has_no_problem(sources: Path) -> None:
    assert problems(sources, FRENCH) == []


def test_a_missing_message_is_named_with_its_place(sources: Path) -> None:
    (problem,) = problems(sources, FRENCH.partition('msgid "Worklist"')[0])
    assert problem == "reading/service.py:4: no French for 'Worklist'"


def test_an_empty_message_is_missing(sources: Path) -> None:
    assert problems(sources, FRENCH.replace("Lectures", "")) == [
        "reading/service.py:4: no French for 'Worklist'"
    ]


def test_an_empty_plural_is_missing(sources: Path) -> None:
    (problem,) = problems(sources, FRENCH.replace("%(n)s examens", ""))
    assert problem.endswith("no French for 'one exam'")


def test_a_fuzzy_message_is_refused(sources: Path) -> None:
    (problem,) = problems(sources, FRENCH.replace('msgid "Worklist"', '#, fuzzy\nmsgid "Worklist"'))
    assert problem.endswith("is fuzzy")


def test_another_placeholder_is_refused(sources: Path) -> None:
    (problem,) = problems(sources, FRENCH.replace("à {site}", "à {place}"))
    assert problem.endswith("has other placeholders")


def test_an_abandoned_message_is_named(sources: Path) -> None:
    (problem,) = problems(sources, FRENCH + '\nmsgid "Gone"\nmsgstr "Parti"\n')
    assert "'Gone' is in no source" in problem


def test_an_update_keeps_what_is_known_and_guesses_nothing(sources: Path) -> None:
    catalog = sources / "messages.po"
    french = FRENCH.replace("no report yet", "no report yett") + '\nmsgid "Gone"\nmsgstr "Parti"\n'
    catalog.write_bytes(messages.HEADER + french.encode())
    template = messages.extract(sources, sources / "errors.py")
    messages.write(messages.updated(messages.read(catalog), template), catalog)
    text = catalog.read_text("utf-8")
    assert 'msgid "Worklist"\nmsgstr "Lectures"' in text
    assert 'msgid "no report yet"\nmsgstr ""' in text
    assert "Gone" not in text
    assert "fuzzy" not in text


def test_two_updates_give_the_same_file(sources: Path) -> None:
    catalog = sources / "messages.po"
    template = messages.extract(sources, sources / "errors.py")
    messages.write(messages.updated(messages.read(catalog), template), catalog)
    first = catalog.read_bytes()
    messages.write(messages.updated(messages.read(catalog), template), catalog)
    assert catalog.read_bytes() == first
    assert b"Date" not in first
    assert b"service.py" not in first
