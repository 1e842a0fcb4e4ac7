"""The directory of a DICOM file-set (PS3.3, F): DICOMDIR, for media that other software reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage, generate_uid

from plateau.images.formats import part10
from plateau.images.retrieve.types import Listed, Stored

_PATIENT = ("00080005", "00100010", "00100020", "00100030", "00100040")
_STUDY = ("00080005", "00080020", "00080030", "00080050", "00081030", "0020000D", "00200010")
_SERIES = ("00080005", "00080060", "0008103E", "0020000E", "00200011")
_IMAGE = ("00080005", "00080008", "00200013", "00280008", "00280010", "00280011")
_OTHER = (
    *("00080005", "00080023", "00080033", "00200013", "00420010"),
    *("0040A043", "0040A491", "0040A493", "00700080", "00700081", "00700082", "00700083"),
    *("3004000A", "30060002", "30060008", "30060009", "300A0002", "300A0006", "300A0007"),
)
TAGS = tuple(sorted({*_PATIENT, *_STUDY, *_SERIES, *_IMAGE, *_OTHER}))
_IN_USE = 0xFFFF
_HEAD = 8  # bytes of an item before its content
# Types of records by the start of SOP class UIDs. Source: PS3.3, table F.4-1
_CLASSES = "1.2.840.10008.5.1.4.1.1."
_KINDS = {
    "88.59": "KEY OBJECT DOC",
    "88.": "SR DOCUMENT",
    "104.": "ENCAP DOC",
    "11.": "PRESENTATION",
    "9.": "WAVEFORM",
    "481.2": "RT DOSE",
    "481.3": "RT STRUCTURE SET",
    "481.5": "RT PLAN",
}
_WHEN = {"ContentDate": "19000101", "ContentTime": "000000"}
# What a record must say even where the instance does not. Source: PS3.3, F.5
_FALLBACKS = {
    "PATIENT": {"PatientID": "UNKNOWN", "PatientName": ""},
    "STUDY": {
        "StudyDate": "19000101",
        "StudyTime": "000000",
        "StudyDescription": "",
        "StudyID": "1",
        "AccessionNumber": "",
    },
    "SERIES": {"Modality": "OT", "SeriesNumber": 0},
    "SR DOCUMENT": {"CompletionFlag": "PARTIAL", "VerificationFlag": "UNVERIFIED", **_WHEN},
    "KEY OBJECT DOC": _WHEN,
    "WAVEFORM": _WHEN,
}
_ANY_FALLBACKS = {"InstanceNumber": 0}


@dataclass(slots=True)
class _Record:
    """A directory record, its place among the others, and what it leads to."""

    data_set: Dataset
    lower: "list[_Record]"
    at: int = 0


def names(found: Sequence[Stored]) -> list[str]:
    """The path of each file in a file-set, in order: short capitals, as media want."""
    paths: list[str] = []
    for series, (_, instances) in enumerate(groupby(found, lambda one: one.series_uid)):
        paths += [f"DICOM/S{series:05}/I{place:05}" for place, _ in enumerate(instances)]
    return paths


def dicomdir(found: Sequence[Stored], listed: Sequence[Listed]) -> bytes:
    """The directory of instances of one study, each lying under its name."""
    said = {one.sop_instance_uid: orjson.loads(one.elements) for one in listed}
    known = [
        (one, path, said.get(one.sop_instance_uid, {}))
        for one, path in zip(found, names(found), strict=True)
    ]
    study = _record("STUDY", known[0][2], _STUDY)
    for _, group in groupby(known, lambda one: one[0].series_uid):
        instances = list(group)
        series = _record("SERIES", instances[0][2], _SERIES)
        series.lower += [_leaf(one, path, elements) for one, path, elements in instances]
        study.lower.append(series)
    patient = _record("PATIENT", known[0][2], _PATIENT)
    patient.lower.append(study)
    return _written([patient])


def _leaf(one: Stored, path: str, elements: dict[str, Any]) -> _Record:
    kind = _kind(one.sop_class_uid)
    record = _record(kind, elements, _IMAGE if kind == "IMAGE" else _OTHER)
    record.data_set.ReferencedFileID = path.split("/")
    record.data_set.ReferencedSOPClassUIDInFile = one.sop_class_uid
    record.data_set.ReferencedSOPInstanceUIDInFile = one.sop_instance_uid
    record.data_set.ReferencedTransferSyntaxUIDInFile = one.transfer_syntax_uid
    return record


def _kind(sop_class_uid: str) -> str:
    own = sop_class_uid.removeprefix(_CLASSES)
    return next((kind for start, kind in _KINDS.items() if own.startswith(start)), "IMAGE")


def _record(kind: str, elements: dict[str, Any], tags: Sequence[str]) -> _Record:
    data_set = Dataset.from_json({tag: elements[tag] for tag in tags if tag in elements})
    for keyword, value in {**_FALLBACKS.get(kind, {}), **_fallbacks(kind)}.items():
        if data_set.get(keyword) in {None, ""}:
            setattr(data_set, keyword, value)
    data_set.OffsetOfTheNextDirectoryRecord = 0
    data_set.RecordInUseFlag = _IN_USE
    data_set.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    data_set.DirectoryRecordType = kind
    return _Record(data_set, [])


def _fallbacks(kind: str) -> dict[str, Any]:
    return {} if kind in {"PATIENT", "STUDY", "SERIES"} else _ANY_FALLBACKS


def _written(top: Sequence[_Record]) -> bytes:
    """The file, once each record is known to lie where the others say."""
    uid = generate_uid()
    meta = part10.wrap(
        b"",
        sop_class_uid=MediaStorageDirectoryStorage,
        sop_instance_uid=uid,
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    root = Dataset()
    root.FileSetID = "PLATEAU"
    root.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    root.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    root.FileSetConsistencyFlag = 0
    root.add(DataElement("DirectoryRecordSequence", "SQ", Items()))
    records = list(_flat(top))
    _place(records, len(meta) + len(_encoded(root)))
    _link(top)
    root.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = top[0].at
    root.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = top[-1].at
    root.DirectoryRecordSequence = Items([record.data_set for record in records])
    return meta + _encoded(root)


def _flat(records: Sequence[_Record]) -> Iterator[_Record]:
    for record in records:
        yield record
        yield from _flat(record.lower)


def _place(records: Sequence[_Record], start: int) -> None:
    at = start
    for record in records:
        record.at = at
        at += _HEAD + len(_encoded(record.data_set))


def _link(records: Sequence[_Record]) -> None:
    """Have each record lead to the next one beside it and to the first one below it."""
    for record, following in zip(records, [*records[1:], None], strict=True):
        record.data_set.OffsetOfTheNextDirectoryRecord = following.at if following else 0
        if record.lower:
            record.data_set.OffsetOfReferencedLowerLevelDirectoryEntity = record.lower[0].at
            _link(record.lower)


def _encoded(data_set: Dataset) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, data_set)
    return buffer.getvalue()
