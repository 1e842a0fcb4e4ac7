"""What can be seen of a hub from outside: its memory, its answers on the web, its health."""

import re
import struct
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from chain import doors
from chain.doors import PASSWORD, READERS, Doors
from faults import wire
from plateau.entry.demo.check import sign_in

_AS_RECEIVED = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
_ALIVE_S = 20.0
_OF_NO_PATIENT = frozenset({"images.contact"})  # when a machine was last heard
LARGEST_MB = 16  # of an object, for this hub


@dataclass
class View:
    """A hub and a reader at the web's door."""

    doors: Doors

    @property
    def port(self) -> int:
        """Where machines come in."""
        return self.doors.ports["dimse"]

    @property
    def pid(self) -> int:
        """The process that answers machines."""
        return self.doors.processes["dimse"].process.pid

    @cached_property
    def reader(self) -> httpx.Client:
        """A reader who is signed in."""
        base = self.doors.base
        client = httpx.Client(base_url=base, follow_redirects=True, headers={"Origin": base})
        sign_in(client, READERS[0], PASSWORD)
        return client

    @contextmanager
    def unchanged(self) -> Generator[None]:
        """What happens inside leaves everything of patients as it was, and the hub well."""
        before = doors.kept(self.doors)
        yield
        self.check_well()
        after = doors.kept(self.doors)
        changed = [name for name in after if after[name] != before.get(name)]
        changed = [name for name in changed if name not in _OF_NO_PATIENT]
        assert not changed, changed

    def check_well(self) -> None:
        """The same process still answers machines."""
        assert self.doors.processes["dimse"].process.poll() is None
        with wire.established(self.port, _ALIVE_S) as peer:
            assert peer.echo() == wire.SUCCESS

    def uids(self, study_uid: str) -> list[str]:
        """The instances of a study that a reader can see."""
        answer = self.reader.get(f"/dicom-web/studies/{study_uid}/instances")
        if answer.status_code == 404:
            return []
        assert answer.status_code == 200, answer.text
        return [one["00080018"]["Value"][0] for one in answer.json()]

    def metadata(self, study_uid: str) -> list[dict[str, Any]]:
        """What a viewer is told of the instances of a study."""
        answer = self.reader.get(f"/dicom-web/studies/{study_uid}/metadata")
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def data_set(self, study_uid: str, series_uid: str, uid: str) -> bytes:
        """The data set of an instance, as a reader gets it."""
        return data_set_of(self.file(study_uid, series_uid, uid))

    def file(self, study_uid: str, series_uid: str, uid: str) -> bytes:
        """The DICOM file of an instance, as a reader gets it."""
        path = f"/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{uid}"
        answer = self.reader.get(path, headers=_AS_RECEIVED)
        assert answer.status_code == 200, answer.text
        return only_part(answer)

    def peak_mb(self) -> float:
        """The most memory that the process has had since it was told to forget."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        assert found
        return int(found[1]) / 1024

    def forget_peak(self) -> float:
        """Have the kernel count the peak from now on; what it is now. Source: proc(5)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", "ascii")
        return self.peak_mb()


def only_part(answer: httpx.Response) -> bytes:
    """The body of a multipart answer with one part."""
    boundary = re.search(r'boundary="?([^";]+)', answer.headers["Content-Type"])
    assert boundary
    mark = b"--" + boundary[1].encode("ascii")
    start = answer.content.index(b"\r\n\r\n") + 4
    end = answer.content.rindex(b"\r\n" + mark + b"--")
    assert answer.content.count(mark) == 2
    return answer.content[start:end]


def data_set_of(content: bytes) -> bytes:
    """What follows the file meta information. Source: PS3.10, 7.1."""
    assert content[128:132] == b"DICM"
    (length,) = struct.unpack_from("<I", content, 140)
    return content[144 + length :]
