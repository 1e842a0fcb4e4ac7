"""The images that are sent: invented, encoded once, then told apart by values of equal length."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

PATIENT_ID = "IPP-BANC-000001"
NAME = "TESTINVENTE00000^Banc"
ACCESSION = "BANC00000001"
STUDY_DATE = "20261124"
_LEAST, _BOUND = 10**38, 1 << 128  # all numbers between have 39 digits: UIDs of one length
_STUDY, _SERIES, _INSTANCE = (f"2.25.{digit * 39}" for digit in "123")
_NUMBER, _POSITION = "000007", "-99007.25"
_USUAL = re.compile(
    "|".join(
        re.escape(one)
        for one in (
            *(_STUDY, _SERIES, _INSTANCE, _NUMBER, _POSITION),
            *(NAME, PATIENT_ID, ACCESSION, STUDY_DATE),
        )
    ).encode()
)
_PIXELS = b"\xe0\x7f\x10\x00"
_SIDE, _TINY_SIDE = 512, 16
_TEXTS = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "StudyTime": "020000",
    "SeriesTime": "020101.250000",
    "AcquisitionTime": "020105.500000",
    "Modality": "CT",
    "Manufacturer": "Essai",
    "InstitutionName": "Hopital d'essai",
    "ReferringPhysicianName": "EXEMPLE^Ada",
    "StationName": "CTBANC",
    "StudyDescription": "Crane sans injection",
    "SeriesDescription": "Crane 1.25",
    "ManufacturerModelName": "Banc",
    "PatientBirthDate": "20200101",
    "PatientSex": "O",
    "BodyPartExamined": "HEAD",
    "ScanOptions": "HELICAL MODE",
    "SliceThickness": "1.25",
    "KVP": "120",
    "DataCollectionDiameter": "250.0",
    "ProtocolName": "Crane",
    "ReconstructionDiameter": "250.0",
    "GantryDetectorTilt": "0.0",
    "TableHeight": "152.5",
    "ExposureTime": "800",
    "XRayTubeCurrent": "200",
    "Exposure": "160",
    "ConvolutionKernel": "SOFT",
    "PatientPosition": "HFS",
    "StudyID": "1",
    "SeriesNumber": "1",
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "PositionReferenceIndicator": "OM",
    "PhotometricInterpretation": "MONOCHROME2",
    "PixelSpacing": ["0.488281", "0.488281"],
    "WindowCenter": "40",
    "WindowWidth": "80",
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
    "RescaleType": "HU",
}


@dataclass(frozen=True, slots=True)
class Image:
    """One instance: its UIDs, and its bytes in two parts, of which images share the second."""

    study_uid: str
    series_uid: str
    uid: str
    head: bytes
    pixels: bytes

    @property
    def size(self) -> int:
        """Of the data set. Units: bytes."""
        return len(self.head) + len(self.pixels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a study is searched by; values have the length of the usual ones."""

    name: str = NAME
    patient_id: str = PATIENT_ID
    accession: str = ACCESSION
    on: str = STUDY_DATE


def study(count: int, *, tiny: bool = False, identity: Identity | None = None) -> list[Image]:
    """Images of one new study with one series; of half a megabyte each unless they are tiny."""
    uids = new_uid(), new_uid()
    who = identity or Identity()
    return [_image(_TINY_SIDE if tiny else _SIDE, uids, number, who) for number in range(count)]


def tiny_studies(count: int) -> list[Image]:
    """As many tiny images, each in a new study."""
    return [study(1, tiny=True)[0] for _ in range(count)]


def as_file(image: Image) -> bytes:
    """The same as a DICOM file."""
    return preamble(image) + image.head + image.pixels


def preamble(image: Image) -> bytes:
    """What precedes the data set in a file."""
    before, _, _ = _template(_TINY_SIDE)  # the same for every size
    return before.replace(_INSTANCE.encode(), image.uid.encode())


def write(images: Sequence[Image], folder: Path) -> Path:
    """A folder with a file for each image."""
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        (folder / f"{number:05d}.dcm").write_bytes(as_file(image))
    return folder


def new_uid() -> str:
    """A UID that nobody has, always of the same length."""
    return f"2.25.{_LEAST + secrets.randbelow(_BOUND - _LEAST)}"


def _image(side: int, uids: tuple[str, str], number: int, who: Identity) -> Image:
    _, head, pixels = _template(side)
    values = {
        _STUDY: uids[0],
        _SERIES: uids[1],
        _INSTANCE: new_uid(),
        _NUMBER: f"{number + 1:06d}",
        _POSITION: f"{number:09.2f}",
        NAME: who.name,
        PATIENT_ID: who.patient_id,
        ACCESSION: who.accession,
        STUDY_DATE: who.on,
    }
    for usual, value in values.items():
        assert len(usual) == len(value), f"{value} is not as long as {usual}"
    found = {usual.encode(): value.encode() for usual, value in values.items()}
    head = _USUAL.sub(lambda match: found[match[0]], head)  # at once: a UID may hold a number
    return Image(uids[0], uids[1], values[_INSTANCE], head, pixels)


@cache
def _template(side: int) -> tuple[bytes, bytes, bytes]:
    """A file in three: up to its data set, up to its pixels, its pixels."""
    data_set = _data_set(side)
    content = BytesIO()
    data_set.save_as(content, enforce_file_format=True)
    file = content.getvalue()
    # The group length of the file meta says where the data set begins. PS3.10, 7.1
    begin = 144 + int.from_bytes(file[140:144], "little")
    pixels = file.index(_PIXELS, begin)
    return file[:begin], file[begin:pixels], file[pixels:]


def _data_set(side: int) -> Dataset:
    image = Dataset()
    for keyword, value in _TEXTS.items():
        setattr(image, keyword, value)
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, _INSTANCE
    image.StudyInstanceUID, image.SeriesInstanceUID = _STUDY, _SERIES
    image.FrameOfReferenceUID = _SERIES
    image.StudyDate = image.SeriesDate = STUDY_DATE
    image.PatientName, image.PatientID, image.AccessionNumber = NAME, PATIENT_ID, ACCESSION
    image.add_new("InstanceNumber", "IS", _NUMBER)
    image.add_new("SliceLocation", "DS", _POSITION)
    image.add_new("ImagePositionPatient", "DS", ["-125.0", "-125.0", _POSITION])
    image.Rows = image.Columns = side
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation, image.SamplesPerPixel = 0, 1
    noise = np.random.default_rng(1).integers(0, 4096, (side, side), np.uint16)
    image.PixelData = noise.tobytes()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image
