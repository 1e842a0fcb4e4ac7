import gzip
from pathlib import Path

from files import hashed_name, replace_directory, write_served


def test_another_content_is_another_name() -> None:
    assert hashed_name("app.css", b"a") != hashed_name("app.css", b"b")
    assert hashed_name("app.css", b"a").startswith("app.")
    assert hashed_name("app.css", b"a").endswith(".css")


def test_text_gets_a_compressed_twin(tmp_path: Path) -> None:
    write_served(tmp_path / "app.js", b"x" * 2000)
    assert gzip.decompress((tmp_path / "app.js.gz").read_bytes()) == b"x" * 2000


def test_fonts_and_small_files_have_no_twin(tmp_path: Path) -> None:
    write_served(tmp_path / "inter.woff2", b"x" * 2000)
    write_served(tmp_path / "small.js", b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inter.woff2", "small.js"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_directory(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["new"]
