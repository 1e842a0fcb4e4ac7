import json
import re
from pathlib import Path

import pytest

import vendor


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The npm packages with the files the allow-list names, and one it does not."""
    folder = tmp_path / "node_modules"
    wanted = [folder / source for source in vendor.FILES.values()]
    wanted += [vendor.icon_path(folder, icon) for icon in vendor.ICONS]
    for path in [*wanted, folder / "bootstrap" / "LICENSE", folder / "bootstrap" / "secret.js"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path.name}\n//# sourceMappingURL={path.name}.map\n", "utf-8")
    return folder


def test_the_manifest_names_every_file(packages: Path, tmp_path: Path) -> None:
    manifest = vendor.copy(packages, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8")) == manifest
    assert manifest.keys() == {*vendor.FILES, "inter.css"}
    for name, served in manifest.items():
        stem, suffix = name.rsplit(".", 1)
        assert re.fullmatch(rf"{stem}\.[0-9a-f]{{12}}\.{suffix}", served)
        assert (tmp_path / "out" / served).is_file()


def test_only_the_allow_list_is_copied(packages: Path, tmp_path: Path) -> None:
    manifest = vendor.copy(packages, tmp_path / "out")
    served = {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".gz"}
    assert served == {*manifest.values(), "manifest.json", "icons", "licences"}
    icons = {path.stem for path in (tmp_path / "out" / "icons").iterdir()}
    assert icons == set(vendor.ICONS)


def test_the_font_is_found_under_its_hashed_name(packages: Path, tmp_path: Path) -> None:
    manifest = vendor.copy(packages, tmp_path / "out")
    style = (tmp_path / "out" / manifest["inter.css"]).read_text("utf-8")
    assert f'url("{manifest["inter.woff2"]}")' in style


def test_no_source_map_is_asked_for(packages: Path, tmp_path: Path) -> None:
    manifest = vendor.copy(packages, tmp_path / "out")
    assert b"sourceMappingURL" not in (tmp_path / "out" / manifest["htmx.js"]).read_bytes()


def test_a_package_without_the_expected_file_is_refused(packages: Path, tmp_path: Path) -> None:
    (packages / vendor.FILES["htmx.js"]).unlink()
    with pytest.raises(FileNotFoundError, match="htmx"):
        vendor.copy(packages, tmp_path / "out")
