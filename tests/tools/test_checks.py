import json
from pathlib import Path

import checks
from files import ROOT

PINNED = """\
anyio==4.16.0 \\
    --hash=sha256:59bb
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:4f1d
"""


def test_our_own_locks_are_clean() -> None:
    assert list(checks.locks()) == []


def test_a_pinned_lock_passes() -> None:
    assert list(checks.python_lock("# by make lock, --no-emit-index-url\n" + PINNED)) == []


def test_an_index_address_is_refused() -> None:
    for line in ("--index-url https://example.org/simple\n", "-i https://example.org/simple\n"):
        assert list(checks.python_lock(line + PINNED))
    direct = "anyio @ https://example.org/anyio.whl \\\n    --hash=sha256:59bb\n"
    assert any("where packages come from" in found for found in checks.python_lock(direct))


def test_a_package_without_hash_is_refused() -> None:
    assert list(checks.python_lock(PINNED + "idna==3.20\n")) == [
        "requirements.lock: idna==3.20 is not pinned with a hash"
    ]


def test_a_package_without_version_is_refused() -> None:
    (found,) = checks.python_lock("anyio \\\n    --hash=sha256:59bb\n")
    assert "anyio is not pinned" in found


def test_a_download_address_is_refused() -> None:
    package = {"integrity": "sha512-x", "resolved": "https://example.org/htmx.tgz"}
    lock = json.dumps({"packages": {"": {}, "node_modules/htmx.org": package}})
    assert list(checks.node_lock(lock)) == [
        "package-lock.json: node_modules/htmx.org has a download address"
    ]


def test_a_node_package_without_integrity_is_refused() -> None:
    lock = json.dumps({"packages": {"": {}, "node_modules/htmx.org": {}}})
    assert list(checks.node_lock(lock)) == [
        "package-lock.json: node_modules/htmx.org has no integrity"
    ]


def test_long_files_and_functions_are_named(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    body = "    x = 1\n" * 40
    (tmp_path / "src" / "long.py").write_text(f"def big():\n{body}" + "y = 1\n" * 360, "utf-8")
    (tmp_path / "src" / "short.py").write_text(f"def small():\n{body[10:]}", "utf-8")
    assert list(checks.sizes(tmp_path)) == [
        "src/long.py: 401 lines, 400 at most",
        "src/long.py:1: big has 41 lines, 40 at most",
    ]


def test_an_error_text_put_together_on_the_spot_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    file.write_text('NotFoundError("a {b}", b=1)\nerrors.NotFoundError(f"a {b}")\n', "utf-8")
    (found,) = checks.built_texts(file, frozenset({"NotFoundError"}))
    assert found.startswith(f"{file}:2: ")


def test_generated_files_are_not_ours() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in checks.python_files(ROOT, checks.CODE)}
    assert "tools/checks.py" in files
    assert not any("web/viewer/" in file for file in files)
