"""DCMTK sends what it can propose; what the hub keeps is what DCMTK sent."""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, VideoEndoscopicImageStorage, generate_uid

from chain import doors
from faults.outside_view import View
from images.instances import ct
from images.test_scp import client
from judges.people import known_as
from plateau.platform.embedded import Postgres

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

FILM = "a film"  # bytes that stand for one: nobody on the way looks into them
# What is proposed, a file of pydicom's in that syntax, or what DCMTK makes one with.
PROPOSED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "-x=": ("1.2.840.10008.1.2.1", "CT_small.dcm", ()),
    "-xe": ("1.2.840.10008.1.2.1", "CT_small.dcm", ()),
    "-xi": ("1.2.840.10008.1.2", "MR_small_implicit.dcm", ()),
    "-xs": ("1.2.840.10008.1.2.4.70", "SC_rgb_jpeg_gdcm.dcm", ()),
    "-xy": ("1.2.840.10008.1.2.4.50", "SC_rgb_jpeg_dcmtk.dcm", ()),
    "-xx": ("1.2.840.10008.1.2.4.51", "JPGExtended.dcm", ()),
    "-xv": ("1.2.840.10008.1.2.4.90", "MR_small_jp2klossless.dcm", ()),
    "-xw": ("1.2.840.10008.1.2.4.91", "JPEG2000.dcm", ()),
    "-xt": ("1.2.840.10008.1.2.4.80", "MR_small_jpeg_ls_lossless.dcm", ()),
    "-xu": (
        "1.2.840.10008.1.2.4.81",
        "SC_rgb_small_odd.dcm",
        ("dcmcjpls", "--encode-nearlossless"),
    ),
    "-xr": ("1.2.840.10008.1.2.5", "MR_small_RLE.dcm", ()),
    "-xd": ("1.2.840.10008.1.2.1.99", "CT_small.dcm", ("dcmconv", "--write-xfer-deflated")),
    **{
        option: (f"1.2.840.10008.1.2.4.{number}", "CT_small.dcm", (FILM,))
        for option, number in (
            *(("-xm", 100), ("-xh", 101), ("-xn", 102), ("-xl", 103), ("-x2", 104)),
            *(("-x3", 105), ("-xo", 106), ("-x4", 107), ("-x5", 108)),
        )
    },
}


@pytest.fixture(scope="module")
def hub(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    with doors.opened(server, tmp_path_factory.mktemp("judges"), ("dimse", "web")) as opened:
        yield View(opened)


@pytest.mark.filterwarnings("ignore::UserWarning")  # what pydicom says of its own files
@pytest.mark.parametrize("option", PROPOSED)
def test_storescu_with_every_proposed_transfer_syntax(
    hub: View, tmp_path: Path, option: str
) -> None:
    syntax, name, maker = PROPOSED[option]
    path = filmed(tmp_path, syntax) if FILM in maker else prepared(tmp_path, name, maker)
    sent = dcmread(path)
    assert sent.file_meta.TransferSyntaxUID == syntax
    known_as(hub.doors, sent.PatientID)

    alone = ["-R"] if FILM in maker else []  # films are none of the classes it always proposes
    said = client("storescu", hub.port, option, *alone, str(path))

    assert said.startswith("0\n"), said
    place = (sent.StudyInstanceUID, sent.SeriesInstanceUID, sent.SOPInstanceUID)
    kept = dcmread(BytesIO(hub.file(*place)))
    assert kept.file_meta.TransferSyntaxUID == syntax
    assert comparable(kept) == comparable(sent)
    assert kept.PixelData == sent.PixelData


def prepared(folder: Path, name: str, maker: tuple[str, ...]) -> Path:
    """A file that no other test has sent, in the syntax that DCMTK was asked for."""
    image = dcmread(str(get_testdata_file(name)))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(image, keyword, generate_uid())
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    path, made = folder / "image.dcm", folder / "made.dcm"
    image.save_as(path)
    if not maker:
        return path
    subprocess.run([*maker, str(path), str(made)], check=True, timeout=30)
    return made


def filmed(folder: Path, syntax: str) -> Path:
    """An endoscopy whose film is in that syntax."""
    film = ct(patient="FILM-INVENTE")
    film.SOPClassUID, film.Modality = VideoEndoscopicImageStorage, "ES"
    film.add_new("PixelData", "OB", encapsulate([bytes(range(256)) * 64]))
    film["PixelData"].is_undefined_length = True
    film.ensure_file_meta()
    film.file_meta.TransferSyntaxUID = UID(syntax)
    path = folder / "film.dcm"
    film.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return path


def comparable(image: Dataset) -> Dataset:
    """A data set without what senders may leave out: group lengths and padding. PS3.5, 7.2."""
    return Dataset(
        {
            element.tag: element
            for element in image
            if element.tag.element != 0 and element.tag not in {0xFFFCFFFC, 0x7FE00010}
        }
    )
