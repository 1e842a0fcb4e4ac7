"""File helpers the build steps share."""

import gzip
import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "src" / "plateau" / "web"

PACKED_SUFFIXES = frozenset({".css", ".html", ".js", ".json", ".svg", ".wasm"})
SMALLEST_PACKED = 1024  # below it, gzip saves less than one network packet


def hashed_name(name: str, content: bytes) -> str:
    """`app.css` becomes `app.1a2b3c4d5e6f.css`: another content is another address."""
    path = Path(name)
    return f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"


def write_served(path: Path, content: bytes) -> None:
    """Write a file the web server sends, with its compressed twin beside it if that saves bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if path.suffix in PACKED_SUFFIXES and len(content) >= SMALLEST_PACKED:
        packed = gzip.compress(content, 9, mtime=0)
        path.with_name(path.name + ".gz").write_bytes(packed)


def empty_directory(path: Path) -> Path:
    """`path` exists and holds nothing."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def replace_directory(new: Path, old: Path) -> None:
    """`new` stands where `old` stood; nobody ever sees half of it."""
    old.parent.mkdir(parents=True, exist_ok=True)
    past = new.with_name(new.name + ".past")
    shutil.rmtree(past, ignore_errors=True)
    if old.exists():
        old.rename(past)
    new.rename(old)
    shutil.rmtree(past, ignore_errors=True)
