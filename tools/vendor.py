"""Copy the few files of the npm packages that pages use, under names made from their content."""

import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from files import ROOT, WEB, empty_directory, hashed_name, replace_directory, write_served

FILES: Mapping[str, str] = {
    "bootstrap.css": "bootstrap/dist/css/bootstrap.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "htmx-sse.js": "htmx-ext-sse/dist/sse.min.js",
    "idiomorph.js": "idiomorph/dist/idiomorph-ext.min.js",
    "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}

ICONS: Sequence[str] = (
    "archive",
    "arrow-clockwise",
    "arrow-counterclockwise",
    "arrow-left",
    "arrow-repeat",
    "arrow-right",
    "bell",
    "box-arrow-right",
    "box-arrow-up-right",
    "building",
    "calendar3",
    "check-circle",
    "check-lg",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-half",
    "clipboard2-pulse",
    "clock",
    "clock-history",
    "cloud-slash",
    "download",
    "exclamation-octagon",
    "exclamation-triangle",
    "eye",
    "file-earmark-medical",
    "file-earmark-pdf",
    "file-earmark-plus",
    "filter",
    "flag",
    "gear",
    "globe",
    "hospital",
    "hourglass-split",
    "image",
    "images",
    "inbox",
    "info-circle",
    "journal-text",
    "keyboard",
    "list",
    "lock",
    "moon",
    "pause-circle",
    "pencil",
    "people",
    "person",
    "play-circle",
    "plus-lg",
    "printer",
    "question-circle",
    "radioactive",
    "search",
    "send",
    "send-check",
    "send-exclamation",
    "shield-lock",
    "slash-circle",
    "sun",
    "telephone",
    "three-dots",
    "trash",
    "unlock",
    "x-circle",
    "x-lg",
)

FONT_FACE = """@font-face {{
  font-family: "Inter";
  src: url("{font}") format("woff2");
  font-weight: 100 900;
  font-display: swap;
}}
"""

SOURCE_MAP = re.compile(rb"\s*(?://[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=.*?\*/)\s*$")


def copy(packages: Path, out: Path) -> dict[str, str]:
    """Fill `out` with the allowed files and icons; gives logical name to served name."""
    absent = missing(packages)
    if absent:
        raise FileNotFoundError("not in the npm packages: " + ", ".join(absent))
    contents = {name: (packages / source).read_bytes() for name, source in FILES.items()}
    font = hashed_name("inter.woff2", contents["inter.woff2"])
    contents["inter.css"] = FONT_FACE.format(font=font).encode()
    manifest: dict[str, str] = {}
    for name, content in contents.items():
        served = without_source_map(name, content)
        manifest[name] = hashed_name(name, served)
        write_served(out / manifest[name], served)
    copy_icons(packages, out / "icons")
    copy_licences(packages, out / "licences")
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (out / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def copy_icons(packages: Path, out: Path) -> None:
    """The chosen icons, one SVG each, for the templates to inline."""
    out.mkdir(parents=True)
    for icon in ICONS:
        shutil.copyfile(icon_path(packages, icon), out / f"{icon}.svg")


def copy_licences(packages: Path, out: Path) -> None:
    """The licence texts of what is served, as those licences ask."""
    out.mkdir(parents=True)
    for licence in sorted(packages.glob("**/LICEN[CS]E*")):
        package = licence.parent.relative_to(packages).as_posix()
        if any(
            source.startswith(f"{package}/") for source in (*FILES.values(), "bootstrap-icons/")
        ):
            shutil.copyfile(licence, out / f"{package.replace('/', '-')}.txt")


def missing(packages: Path) -> list[str]:
    """What the allow-list names and the packages do not hold."""
    wanted = [packages / source for source in FILES.values()]
    wanted += [icon_path(packages, icon) for icon in ICONS]
    return [str(path.relative_to(packages)) for path in wanted if not path.is_file()]


def icon_path(packages: Path, icon: str) -> Path:
    """Where bootstrap-icons keeps one icon."""
    return packages / "bootstrap-icons" / "icons" / f"{icon}.svg"


def without_source_map(name: str, content: bytes) -> bytes:
    """Drop the pointer to a source map, which is not served."""
    if not name.endswith((".js", ".css")):
        return content
    return SOURCE_MAP.sub(b"\n", content)


def main() -> int:
    """Make `web/vendor` anew."""
    fresh = empty_directory(ROOT / "build" / "vendor")
    manifest = copy(ROOT / "node_modules", fresh)
    replace_directory(fresh, WEB / "vendor")
    print(f"{len(manifest)} files and {len(ICONS)} icons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
