"""Orthanc from Debian: as its package configures it, and tuned as far as its version can be.

Both write synchronously, as we do. Debian's DCMTK leaves Nagle's algorithm on, which stalls each
C-STORE by 40 ms: tuned, it is told not to. Orthanc looks up the machine's name for each DICOMweb
answer, and looks after new studies a minute after they came: it is started anew before searches.
"""

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hubs.peers import CALLED, Kind, Peer, free_port, process, wait_for
from system import can_install, install

PACKAGES = ("orthanc", "orthanc-dicomweb")
_DEBIAN = Path("/etc/orthanc")
_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_TUNED = {
    "MaximumPduLength": 131072,
    "DicomThreadsCount": 16,
    "HttpThreadsCount": 50,
    "SaveJobs": False,
    "MetricsEnabled": False,
    "StorageAccessOnFind": "Never",
}
TUNED, DEFAULT = "Orthanc, tuned", "Orthanc, Debian's configuration"


def kinds() -> tuple[Kind, Kind]:
    """Tuned, then as Debian configures it; installed when that can be, else said to be missing."""
    if not _is_there() and can_install():
        print(f"  installing {', '.join(PACKAGES)} ...", flush=True)
        install(PACKAGES)
    missing = "" if _is_there() else f"Orthanc is missing: apt-get install {' '.join(PACKAGES)}"
    if missing:
        print(f"\n*** {missing}\n*** Nothing below is compared with it.\n", flush=True)
    start = None if missing else _orthanc
    return (
        Kind(
            name=TUNED,
            start=start and partial(start, more=_TUNED, environment={"TCP_NODELAY": "1"}),
            missing=missing,
        ),
        Kind(
            name=DEFAULT, start=start and partial(start, more={}, environment={}), missing=missing
        ),
    )


def version() -> str:
    """Its version, and what would make the comparison unfair here."""
    if not _is_there():
        return "no Orthanc"
    said = subprocess.run(["Orthanc", "--version"], capture_output=True, text=True, check=True)
    known = Path("/etc/hosts").read_text("utf-8").split()
    slow = "" if socket.gethostname() in known else ", SLOWED: its host is not in /etc/hosts"
    return f"{said.stdout.splitlines()[0]}{slow}"


def configured(text: str, values: Mapping[str, object]) -> str:
    """A configuration, which has comments, with other values; what it lacks is added."""
    for name, value in values.items():
        line = re.compile(rf'^(\s*"{name}"\s*:\s*)("[^"]*"|[\w.-]+)', re.MULTILINE)
        said = json.dumps(value)
        text, found = line.subn(lambda match, said=said: match[1] + said, text)
        if not found:
            text = text.replace("{", f'{{\n  "{name}" : {said},', 1)
    return text


@contextmanager
def _orthanc(
    folder: Path, *, more: Mapping[str, object], environment: Mapping[str, str]
) -> Generator[Peer]:
    settings = folder / "configuration"
    settings.mkdir(parents=True, exist_ok=True)
    dicom_port, web_port = free_port(), free_port()
    ours: dict[str, object] = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "DicomPort": dicom_port,
        "DicomAet": CALLED,
        "HttpPort": web_port,
        "SyncStorageArea": True,
    }
    for path in _DEBIAN.glob("*.json"):
        text = path.read_text("utf-8")
        if path.name == "orthanc.json":
            text = configured(text, {**ours, **more})
        (settings / path.name).write_text(text, "utf-8")
    log = folder / "orthanc.log"
    with process(["Orthanc", settings], log=log, environment=environment) as running:
        wait_for((dicom_port, web_port), running, log)
        pids = {"dimse": running.pid, "web": running.pid}
        yield Peer(dicom_port=dicom_port, web_port=web_port, processes=pids)


def _is_there() -> bool:
    return bool(shutil.which("Orthanc")) and _PLUGIN.exists()
