"""`make messages`: the French catalogue holds every text of the sources, and nothing else."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from files import ROOT

SOURCES = ROOT / "src" / "plateau"
FRENCH = SOURCES / "locale" / "fr" / "LC_MESSAGES" / "messages.po"
ERRORS = SOURCES / "kernel" / "errors.py"

MAPPING: Sequence[tuple[str, str]] = (
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2.ext:babel_extract"),
)
# `trimmed` and `newstyle_gettext` as in the environment that renders the pages.
OPTIONS: Mapping[str, dict[str, str]] = {
    "**/templates/**.html": {
        "silent": "false",
        "trimmed": "true",
        "newstyle_gettext": "true",
        "extensions": "jinja2.ext.do",
    },
}
# A header without dates or tools: two runs on the same sources give the same file.
HEADER = b"""\
# French messages of Plateau. Texts are taken from the sources by `make messages`.
msgid ""
msgstr ""
"Language: fr\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)[^{}]*\}")


def error_names(errors: Path) -> list[str]:
    """The classes whose first argument is a text people read."""
    tree = ast.parse(errors.read_text("utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def extract(sources: Path, errors: Path) -> Catalog:
    """Every text of the sources that is translated somewhere."""
    keywords = {**DEFAULT_KEYWORDS, **dict.fromkeys(error_names(errors))}
    catalog = Catalog(locale="fr")
    found = extract_from_dir(sources, list(MAPPING), dict(OPTIONS), keywords)
    for file, line, message, comments, context in found:
        location = [(file, line)]
        catalog.add(message, locations=location, auto_comments=comments, context=context)
    return catalog


def read(catalog: Path) -> Catalog:
    """A catalogue as it stands; empty if there is none yet."""
    if not catalog.exists():
        return Catalog(locale="fr")
    return read_po(BytesIO(catalog.read_bytes()), locale="fr", abort_invalid=True)


def updated(french: Catalog, template: Catalog) -> Catalog:
    """Known translations kept, new texts left empty, abandoned ones dropped; nothing is guessed."""
    french.update(template, no_fuzzy_matching=True)
    french.obsolete.clear()
    return french


def write(catalog: Catalog, out: Path) -> None:
    """Write a catalogue in the order of its texts, without places or dates."""
    content = BytesIO(HEADER)
    content.seek(0, 2)
    write_po(
        content,
        catalog,
        width=100,
        no_location=True,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content.getvalue().rstrip(b"\n") + b"\n")


def problems(french: Catalog, template: Catalog) -> Iterator[str]:
    """Why the French catalogue is not complete, one sentence for each text."""
    for message in texts(template):
        known = french.get(message_id(message), message.context)
        where = ":".join(str(part) for part in message.locations[0])
        text = message_id(message)
        if known is None or not all(strings(known)):
            yield f"{where}: no French for {text!r}"
        elif known.fuzzy:
            yield f"{where}: the French for {text!r} is fuzzy"
        elif not same_placeholders(message, known):
            yield f"{where}: the French for {text!r} has other placeholders"
    for message in texts(french):
        if template.get(message_id(message), message.context) is None:
            yield f"{FRENCH.name}: {message_id(message)!r} is in no source; run `make messages`"


def texts(catalog: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its header."""
    return (message for message in catalog if message_id(message))


def message_id(message: Message) -> str:
    """The English text; the singular one if there are two."""
    return message.id if isinstance(message.id, str) else message.id[0]


def strings(message: Message) -> tuple[str, ...]:
    """The translations of a message: one, or one for each number."""
    if isinstance(message.string, str):
        return (message.string,)
    return tuple(message.string or ("",))


def same_placeholders(message: Message, known: Message) -> bool:
    """Whether each French form fills in what the English plural does."""
    english = message.id if isinstance(message.id, str) else message.id[-1]
    return all(placeholders(french) <= placeholders(english) for french in strings(known)) and (
        placeholders(strings(known)[-1]) == placeholders(english)
    )


def placeholders(text: str) -> set[str]:
    """The names a text leaves open, as `%(name)s` or `{name}`."""
    return {old or new for old, new in PLACEHOLDER.findall(text)}


def main() -> int:
    """Bring the French catalogue up to date and say what is left to translate."""
    template = extract(SOURCES, ERRORS)
    french = updated(read(FRENCH), template)
    write(french, FRENCH)
    left = list(problems(read(FRENCH), template))
    print(*left, f"{len(template)} texts, {len(left)} to translate", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
