import base64
import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import viewer

INDEX = """<!doctype html><html lang="en"><head><script>window.PUBLIC_URL = '/';</script>
<link rel="manifest" href="/manifest.json"/><link href="/app.css" rel="stylesheet">
<script rel="preload" as="script" src="/app-config.js"></script>
<script rel="preload" as="script" type="module" src="/init-service-worker.js"></script>
<title>OHIF Viewer</title><script defer="defer" src="/app.js"></script></head></html>"""
FILES = {
    "index.html": INDEX,
    "app.js": '__webpack_require__.p = "/";\n//# sourceMappingURL=app.js.map',
    "app.css": "@font-face{src:url(/font.woff2)}",
    "app.js.map": "{}",
    "sw.js": "",
    "ort/ort.js": "",
    "assets/apple-touch-icon.png": "",
}

Archive = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Makes an npm archive with these files in its `dist` folder."""

    def make(files: Mapping[str, str]) -> Path:
        path = tmp_path / "app.tgz"
        with tarfile.open(path, "w:gz") as tar:
            for name, text in files.items():
                member = tarfile.TarInfo(f"package/dist/{name}")
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
        return path

    return make


@pytest.fixture
def built(tmp_path: Path) -> Callable[[Path], Path]:
    """Builds the viewer from an archive with our configuration and theme."""
    (tmp_path / "config.js").write_text("window.config = {};", "utf-8")
    (tmp_path / "theme.css").write_text(":root {}", "utf-8")

    def build(path: Path) -> Path:
        out = tmp_path / "out"
        config, theme = tmp_path / "config.js", tmp_path / "theme.css"
        viewer.build(path, out, config=config, theme=theme)
        return out

    return build


def test_everything_is_under_the_base_path(archive: Archive, built: Callable[[Path], Path]) -> None:
    out = built(archive(FILES))
    assert (out / "app.js").read_text("utf-8") == '__webpack_require__.p = "/viewer/";\n'
    assert "url(/viewer/font.woff2)" in (out / "app.css").read_text("utf-8")
    assert 'src="/viewer/app.js"' in (out / "index.html").read_text("utf-8")


def test_the_page_has_no_inline_script(archive: Archive, built: Callable[[Path], Path]) -> None:
    page = (built(archive(FILES)) / "index.html").read_text("utf-8")
    assert "<script>" not in page
    assert "service-worker" not in page
    assert 'src="/viewer/app-config.js"' in page


def test_our_configuration_and_theme_are_in_it(
    archive: Archive, built: Callable[[Path], Path]
) -> None:
    out = built(archive(FILES))
    assert (out / "app-config.js").read_text("utf-8") == "window.config = {};"
    (theme,) = out.glob("theme.*.css")
    assert f'href="/viewer/{theme.name}"' in (out / "index.html").read_text("utf-8")


def test_what_no_page_asks_for_is_left_out(archive: Archive, built: Callable[[Path], Path]) -> None:
    out = built(archive(FILES))
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {name for name in names if not name.startswith("theme.")} == {
        "app-config.js",
        "app.css",
        "app.js",
        "index.html",
    }


def test_another_archive_is_refused(archive: Archive) -> None:
    path = archive(FILES)
    digest = hashlib.sha512(path.read_bytes()).digest()
    viewer.check_integrity(path, "sha512-" + base64.b64encode(digest).decode())
    with pytest.raises(viewer.ViewerError, match="not the pinned archive"):
        viewer.check_integrity(path, viewer.INTEGRITY)


def test_bundles_without_a_public_path_are_refused(
    archive: Archive, built: Callable[[Path], Path]
) -> None:
    with pytest.raises(viewer.ViewerError, match="no public path"):
        built(archive({**FILES, "app.js": 'require.p="/"'}))


def test_a_page_of_another_make_is_refused(archive: Archive, built: Callable[[Path], Path]) -> None:
    with pytest.raises(viewer.ViewerError, match=r"index\.html has changed"):
        built(archive({**FILES, "index.html": "<html></html>"}))


def test_the_archive_cannot_write_outside(archive: Archive, built: Callable[[Path], Path]) -> None:
    out = built(archive({**FILES, "../../../evil.txt": "x"}))
    assert not list(out.parent.rglob("evil.txt"))
