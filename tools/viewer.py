"""Prepare the image viewer (OHIF, prebuilt) to be served under /viewer/ with a strict policy.

The package is taken as one archive: its own dependencies are already inside its bundles and may
not resolve from a registry, so it must never be listed in package.json.
"""

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from files import ROOT, WEB, empty_directory, hashed_name, replace_directory, write_served

PACKAGE = "@ohif/app@3.12.10"
ARCHIVE = ROOT / "build" / "ohif-app-3.12.10.tgz"
INTEGRITY = (
    "sha512-0kuF66Mq9c9dMD++bUsTjMrJpXJwaZhz9B4uS244DawA"
    "jSkTwIYFU93pxPuRUQixaRi7QAHlF3Fe1qudBlZrmA=="
)
BASE = "/viewer/"

DROPPED_FOLDERS = frozenset({"ort", "dicom-microscopy-viewer", "customizations"})
DROPPED_FILES = frozenset(
    {
        "_headers",
        "_redirects",
        "app-config.js",
        "browserconfig.xml",
        "es6-shim.min.js",
        "google.js",
        "init-service-worker.js",
        "manifest.json",
        "manifest.webapp",
        "oidc-client.min.js",
        "polyfill.min.js",
        "serve.json",
        "silent-refresh.html",
        "sw.js",
        "yandex-browser-manifest.json",
    }
)
DROPPED_STARTS = ("android-chrome", "apple-touch", "coast-", "firefox_app", "mstile", "yandex")

PUBLIC_PATH = re.compile(r'(__webpack_require__\.p\s*=\s*)"/"')
SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S+\s*$")
CSS_ROOT = re.compile(r"url\((['\"]?)/(?!/)")
INLINE_SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)
SERVICE_WORKER = re.compile(r"<script[^>]*init-service-worker\.js\"></script>")
STORE_LINKS = re.compile(
    r'<link rel="(?:apple-touch|yandex|manifest)[^>]*>'
    r'|<link rel="icon"[^>]*coast-[^>]*>'
    r'|<meta name="(?:msapplication|apple)[^>]*>'
)
ROOT_LINK = re.compile(r'(src|href)="/(?!/)')


class ViewerError(Exception):
    """The viewer package is not the one this script knows."""


@dataclass(frozen=True, slots=True)
class Served:
    """One file of the viewer, ready to be written."""

    path: str
    content: bytes


def check_integrity(archive: Path, expected: str) -> None:
    """The archive is byte for byte the one that was reviewed; otherwise it is refused."""
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if found != expected:
        raise ViewerError(f"{archive.name} is not the pinned archive: {found}, not {expected}")


def download(archive: Path) -> None:
    """Fetch the archive with npm, unless the right one is there already."""
    if archive.is_file():
        try:
            check_integrity(archive, INTEGRITY)
        except ViewerError:
            archive.unlink()
        else:
            return
    archive.parent.mkdir(parents=True, exist_ok=True)
    destination = str(archive.parent)
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", destination]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def kept(archive: Path) -> Iterator[Served]:
    """The files of the archive that are served, as they are in it."""
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.parts[:2] != ("package", "dist"):
                continue
            inside = path.relative_to("package/dist")
            file = tar.extractfile(member)
            if file is not None and is_kept(inside):
                yield Served(str(inside), file.read())


def is_kept(path: PurePosixPath) -> bool:
    """Whether a reading page ever asks for this file."""
    return not (
        ".." in path.parts
        or path.parts[0] in DROPPED_FOLDERS
        or path.name in DROPPED_FILES
        or path.name.startswith(DROPPED_STARTS)
        or path.suffix == ".map"
    )


def rewrite(file: Served, *, theme: str) -> tuple[Served, int]:
    """The same file living under /viewer/; also how many public paths were changed in it."""
    suffix = PurePosixPath(file.path).suffix
    if suffix not in {".js", ".css", ".html"}:
        return file, 0
    text, paths = file.content.decode(), 0
    if suffix == ".js":
        text, paths = PUBLIC_PATH.subn(rf'\1"{BASE}"', SOURCE_MAP.sub("\n", text))
    elif suffix == ".css":
        text = CSS_ROOT.sub(rf"url(\1{BASE}", text)
    else:
        text = index_page(text, theme=theme)
    return Served(file.path, text.encode()), paths


def index_page(text: str, *, theme: str) -> str:
    """The viewer's page without inline script, service worker or links for application stores."""
    for unwanted in (INLINE_SCRIPT, SERVICE_WORKER, STORE_LINKS):
        text, found = unwanted.subn("", text)
        if not found:
            raise ViewerError(f"index.html has changed: nothing matches {unwanted.pattern}")
    text = text.replace("<title>OHIF Viewer</title>", "<title>Plateau</title>")
    text = text.replace('content="OHIF Viewer"', 'content="Plateau"')
    text = text.replace('<html lang="en">', '<html lang="fr">')
    text = text.replace("</head>", f'<link href="/{theme}" rel="stylesheet"></head>')
    text = ROOT_LINK.sub(rf'\1="{BASE}', text)
    if "<script>" in text or f"{BASE}app-config.js" not in text:
        raise ViewerError("index.html has changed: inline script left, or no app-config.js")
    return text


def build(archive: Path, out: Path, *, config: Path, theme: Path) -> int:
    """Fill `out`; gives the number of bundles whose public path was changed, at least one."""
    theme_name = hashed_name("theme.css", theme.read_bytes())
    rewritten = [rewrite(file, theme=theme_name) for file in kept(archive)]
    changed = sum(1 for _, paths in rewritten if paths)
    if not changed:
        raise ViewerError("no public path found in any bundle: the layout of the package changed")
    files = [file for file, _ in rewritten]
    files.append(Served("app-config.js", config.read_bytes()))
    files.append(Served(theme_name, theme.read_bytes()))
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda file: write_served(out / file.path, file.content), files))
    return changed


def main() -> int:
    """Make `web/viewer` anew."""
    download(ARCHIVE)
    check_integrity(ARCHIVE, INTEGRITY)
    fresh = empty_directory(ROOT / "build" / "viewer")
    config, theme = WEB / "viewer_config.js", WEB / "viewer_theme.css"
    changed = build(ARCHIVE, fresh, config=config, theme=theme)
    replace_directory(fresh, WEB / "viewer")
    print(f"public path rewritten in {changed} bundles")
    return 0


if __name__ == "__main__":
    sys.exit(main())
