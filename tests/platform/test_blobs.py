import subprocess
import sys
from pathlib import Path

import pytest

from plateau.kernel.errors import NotFoundError
from plateau.platform.blobs import Blobs, key_of

FILL = """
from pathlib import Path
from plateau.kernel.errors import UnavailableError
from plateau.platform.blobs import open_folder
blobs = open_folder(Path("{folder}") / "blobs")
kept = blobs.put(b"small")
try:
    blobs.put(bytes(4 << 20))
except UnavailableError as error:
    print(error.code, blobs.get(kept).decode())
"""


def test_bytes_come_back_and_twice_is_once(blobs: Blobs) -> None:
    key = blobs.put(b"image")
    assert blobs.put(b"image") == key == key_of(b"image")
    assert blobs.get(key) == b"image"
    assert blobs.get_range(key, 1, 3) == b"mag"


def test_missing_bytes_are_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFoundError):
        blobs.get(key_of(b"never stored"))


def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    """On a file system of one megabyte, in a mount namespace of the test's own."""
    script = (
        f"mount -t tmpfs -o size=1m none {tmp_path}"
        f" && exec {sys.executable} -c '{FILL.format(folder=tmp_path)}'"
    )
    done = subprocess.run(
        ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["unavailable", "small"], done.stderr
