"""Every storable file that comes with pydicom is kept byte for byte, or refused as it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian
from pynetdicom import AllStoragePresentationContexts

from chain import doors
from faults import wire
from faults.outside_view import View, data_set_of
from judges.people import known_as
from plateau.platform.embedded import Postgres

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

FOLDER = Path(pydicom.data.__file__).parent
CLASSES = {context.abstract_syntax for context in AllStoragePresentationContexts}
REFUSED = {"MR_truncated.dcm", "rtplan_truncated.dcm"}
_UIDS = {"StudyInstanceUID": 1, "SeriesInstanceUID": 2, "SOPInstanceUID": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A data set as it lies in a file, under UIDs of its own."""

    name: str
    sop_class_uid: str
    syntax: str
    patient: str
    uids: tuple[str, str, str]
    data_set: bytes


def samples() -> Iterator[Sample]:
    """What is of a storage class, in a syntax that is proposed today, about somebody."""
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        content = path.read_bytes()
        try:
            read = dcmread(path, stop_before_pixels=True)
        except (InvalidDicomError, IsADirectoryError):
            continue
        syntax = str(read.file_meta.get("TransferSyntaxUID", ""))
        wanted = read.get("SOPClassUID") in CLASSES and read.get("PatientID")
        if not wanted or syntax in {"", ExplicitVRBigEndian} or not read.get("StudyInstanceUID"):
            continue
        yield renamed(path.name, data_set_of(content), number, read)


def renamed(name: str, content: bytes, number: int, read: pydicom.Dataset) -> Sample:
    """The sample under UIDs that no other has: files share theirs. Lengths stay as they are."""
    is_implicit = read.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    raw = read_dataset(BytesIO(content), is_implicit, is_little_endian=True)
    uids: list[str] = []
    for keyword, kind in _UIDS.items():
        element = raw.get_item(keyword)
        assert isinstance(element, RawDataElement)
        uids.append(f"2.25.{number}{kind}".ljust(element.length, "0"))
        end = element.value_tell + element.length
        content = content[: element.value_tell] + uids[-1].encode("ascii") + content[end:]
    return Sample(
        name=name,
        sop_class_uid=str(read.SOPClassUID),
        syntax=str(read.file_meta.TransferSyntaxUID),
        patient=str(read.PatientID),
        uids=(uids[0], uids[1], uids[2]),
        data_set=content,
    )


@pytest.fixture(scope="module")
def hub(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    with doors.opened(server, tmp_path_factory.mktemp("judges"), ("dimse", "web")) as opened:
        yield View(opened)


def send(hub: View, sample: Sample) -> int | None:
    """The status of a C-STORE of a sample, in its own syntax."""
    known_as(hub.doors, sample.patient)
    uid = sample.uids[2]
    contexts = [(wire.EXPLICIT, sample.sop_class_uid, sample.syntax)]
    with wire.connected(hub.port) as peer:
        said = peer.associate(contexts=contexts)
        assert said is not None
        assert said.kind == wire.ASSOCIATE_AC
        command = wire.store_command(uid, sample.sop_class_uid)
        peer.send(*wire.message(command, sample.data_set))
        status = peer.status()
        peer.release()
        return status


@pytest.mark.filterwarnings("ignore::UserWarning")  # what pydicom says of its own files
def test_pydicoms_own_files_come_back_byte_for_byte(hub: View) -> None:
    every = list(samples())
    assert len(every) > 100
    refused = {sample.name for sample in every if send(hub, sample) != wire.SUCCESS}
    assert refused == REFUSED
    kept = [sample for sample in every if sample.name not in refused]
    assert [sample.name for sample in kept if hub.data_set(*sample.uids) != sample.data_set] == []
    assert len({sample.syntax for sample in kept}) >= 9
