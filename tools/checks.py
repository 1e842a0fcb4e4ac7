"""What `make check` looks at beyond the linters: translations, locks, sizes."""

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import messages
from files import ROOT

CODE: Sequence[str] = ("src", "tests", "tools", "bench")
GENERATED = frozenset({"vendor", "viewer", "__pycache__"})
LONGEST_FILE = 400
LONGEST_FUNCTION = 40

REGISTRY = re.compile(r"pypi|pythonhosted|npmjs|yarnpkg|registry|index-url|find-links", re.I)
OWN_OPTIONS = re.compile(r"^#.*$", re.MULTILINE)


def translations() -> Iterator[str]:
    """Every text people read is in French, and is a plain text that can be translated."""
    template = messages.extract(messages.SOURCES, messages.ERRORS)
    yield from messages.problems(messages.read(messages.FRENCH), template)
    names = frozenset(messages.error_names(messages.ERRORS))
    for file in python_files(ROOT, ["src/plateau"]):
        yield from built_texts(file, names)


def built_texts(file: Path, errors: frozenset[str]) -> Iterator[str]:
    """Errors whose text is put together on the spot: no catalogue can hold it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or called(node) not in errors or not node.args:
            continue
        if isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
            yield f"{file}:{node.lineno}: the text of an error must be a literal with {{names}}"


def called(node: ast.Call) -> str:
    """The last name of what is called: `NotFoundError` in `errors.NotFoundError(...)`."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def python_lock(text: str) -> Iterator[str]:
    """requirements.lock: exact versions with hashes, and no address of an index."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            continue
        if "://" in line or line.startswith("-") or REGISTRY.search(line.split("--hash")[0]):
            yield f"requirements.lock:{number}: names where packages come from"
    pinned = re.split(r"\n(?=\S)", OWN_OPTIONS.sub("", text).strip())
    for entry in pinned:
        name = entry.split()[0] if entry else ""
        if name and ("==" not in name or "--hash=sha256:" not in entry):
            yield f"requirements.lock: {name} is not pinned with a hash"


def node_lock(text: str) -> Iterator[str]:
    """package-lock.json: every package has an integrity, and none a download address."""
    for name, package in json.loads(text)["packages"].items():
        if "resolved" in package:
            yield f"package-lock.json: {name} has a download address"
        if name and "integrity" not in package:
            yield f"package-lock.json: {name} has no integrity"
    if REGISTRY.search(text):
        yield "package-lock.json: names a registry"


def locks() -> Iterator[str]:
    """Neither lock says where packages are downloaded from."""
    yield from python_lock((ROOT / "requirements.lock").read_text("utf-8"))
    yield from node_lock((ROOT / "package-lock.json").read_text("utf-8"))


def sizes(root: Path = ROOT) -> Iterator[str]:
    """Files and functions that one can no longer take in at a glance."""
    for file in python_files(root, CODE):
        text = file.read_text("utf-8")
        lines = len(text.splitlines())
        if lines > LONGEST_FILE:
            yield f"{file.relative_to(root)}: {lines} lines, {LONGEST_FILE} at most"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    where = f"{file.relative_to(root)}:{node.lineno}"
                    yield f"{where}: {node.name} has {lines} lines, {LONGEST_FUNCTION} at most"


def python_files(root: Path, folders: Sequence[str]) -> Iterator[Path]:
    """Our own Python files, in order."""
    for folder in folders:
        for file in sorted((root / folder).rglob("*.py")):
            if not GENERATED.intersection(file.relative_to(root).parts):
                yield file


def main() -> int:
    """Print every problem; succeed if there is none."""
    found = [*translations(), *locks(), *sizes()]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
