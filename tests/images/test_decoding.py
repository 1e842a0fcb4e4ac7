"""Pixels taken out of every compression, as others take them out; and what is broken, refused."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.errors import InvalidDicomError
from pydicom.pixels import pixel_array
from pydicom.uid import UID, ExplicitVRLittleEndian, HTJ2KLossless, JPEGExtended12Bit

from images.web import run
from plateau.images.formats import transcode
from plateau.images.retrieve import pixels
from plateau.images.retrieve.types import Look
from plateau.kernel.errors import RuleBrokenError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what pydicom says of its own files

DATA = Path(pydicom.data.__file__).parent
UNREADABLE = {"JPEG2000-embedded-sequence-delimiter.dcm"}  # made without a codestream in it
SYNTAXES = {"4.50", "4.51", "4.70", "4.80", "4.81", "4.90", "4.91", "5"}
HTJ2K = Path(__file__).parent / "mr_small.jph"  # MR_small.dcm, compressed by OpenJPH
DCMTK = {
    "dcmdjpeg": [
        "SC_rgb_jpeg_dcmtk.dcm",  # JPEG baseline
        "SC_rgb_dcmtk_+eb+cy+n1.dcm",
        "SC_rgb_small_odd_jpeg.dcm",
        "SC_rgb_jpeg_gdcm.dcm",  # JPEG lossless
        "JPEG-lossy.dcm",  # JPEG extended, 12 bits, cut short after its pixels
        "JPGExtended.dcm",
    ],
    "dcmdjpls": [
        "MR_small_jpeg_ls_lossless.dcm",
        "JPEGLSNearLossless_08.dcm",
        "JPEGLSNearLossless_16.dcm",
        "SC_rgb_jls_lossy_sample.dcm",
        "SC_rgb_jls_lossy_line.dcm",
    ],
    "dcmdrle": ["MR_small_RLE.dcm", "SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_rle_32bit_2frame.dcm"],
}
JUDGED = [(tool, name) for tool, names in DCMTK.items() for name in names]
JPEG_2000 = ["MR_small_jp2klossless.dcm", "JPEG2000.dcm", "SC_rgb_gdcm_KY.dcm"]


def a_file(name: str) -> Path:
    return Path(str(get_testdata_file(name)))


def native(path: Path) -> FileDataset:
    """A file as we transcode it."""
    return dcmread(BytesIO(transcode.to_syntax(path.read_bytes(), str(ExplicitVRLittleEndian))))


@pytest.mark.parametrize(("tool", "name"), JUDGED)
def test_what_dcmtk_decodes_is_decoded_alike(tmp_path: Path, tool: str, name: str) -> None:
    path = tmp_path / "judged.dcm"
    run(tool, str(a_file(name)), str(path))

    ours, judged = native(a_file(name)), dcmread(path)

    assert ours.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert ours.PhotometricInterpretation == judged.PhotometricInterpretation
    assert np.array_equal(ours.pixel_array, judged.pixel_array)


@pytest.mark.parametrize("name", JPEG_2000)
def test_jpeg_2000_is_decoded_as_gdcm_does(name: str) -> None:
    judged = pixel_array(a_file(name), decoding_plugin="gdcm")
    assert np.array_equal(native(a_file(name)).pixel_array, judged)


def test_every_process_of_lossless_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "lossless.dcm"
    run("dcmcjpeg", "+el", str(a_file("CT_small.dcm")), str(path))
    assert native(path).PixelData == dcmread(a_file("CT_small.dcm")).PixelData


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "rtdose.dcm"])
def test_twelve_bit_lossy_jpeg_is_decoded_as_dcmtk_does(tmp_path: Path, name: str) -> None:
    path, judged = tmp_path / "extended.dcm", tmp_path / "judged.dcm"
    run("dcmcjpeg", "+ee", str(a_file(name)), str(path))
    run("dcmdjpeg", str(path), str(judged))
    said = dcmread(path)
    assert (said.file_meta.TransferSyntaxUID, said.BitsStored) == (JPEGExtended12Bit, 12)
    theirs = dcmread(judged).pixel_array
    assert np.array_equal(native(path).pixel_array, theirs)
    last = int(said.get("NumberOfFrames") or 1)
    alone = transcode.frame_array(said, last)
    assert np.array_equal(alone, theirs[-1] if last > 1 else theirs)


def compressed() -> list[Path]:
    """Every file that comes with pydicom and holds compressed pixels."""
    found: list[Path] = []
    for path in sorted(DATA.rglob("*")):
        with suppress(InvalidDicomError, IsADirectoryError):
            read = dcmread(path, stop_before_pixels=True)
            syntax = read.file_meta.get("TransferSyntaxUID", "") if "Rows" in read else ""
            if syntax and UID(syntax).is_encapsulated:
                found.append(path)
    return found


def test_pydicoms_own_files_are_decoded_whole_by_frame_and_shown() -> None:
    paths = compressed()
    assert len(paths) >= 35
    for path in paths:
        content = path.read_bytes()
        if path.name in UNREADABLE:
            with pytest.raises(RuleBrokenError, match="cannot be decoded"):
                transcode.native_frame(content, 1)
            continue
        whole = native(path)
        is_halved = dcmread(path).PhotometricInterpretation == "YBR_FULL_422"
        samples = 2 if is_halved else whole.SamplesPerPixel
        size = whole.Rows * whole.Columns * samples * (whole.BitsAllocated // 8)
        last = int(whole.get("NumberOfFrames") or 1)
        assert len(transcode.native_frame(content, last)) == size, path.name
        assert pixels.picture(content, last, form="PNG", look=Look()), path.name
    syntaxes = {str(dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)
                for path in paths}  # fmt: skip
    assert {one.removeprefix("1.2.840.10008.1.2.") for one in syntaxes} == SYNTAXES


def test_a_frame_whose_pixels_share_their_colour_is_as_its_header_says() -> None:
    """Ultrasound, most often: the header still says YBR_FULL_422 to whoever reads the frame."""
    path = a_file("SC_rgb_dcmtk_+eb+cy+s2.dcm")
    said = dcmread(path)
    assert said.PhotometricInterpretation == "YBR_FULL_422"
    said.PixelData = transcode.native_frame(path.read_bytes(), 1)
    said.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian

    shown, judged = pixel_array(said), native(path).pixel_array

    assert shown.shape == judged.shape
    assert np.abs(shown.astype(int) - judged.astype(int)).mean() < 2  # colours are shared by two


def test_htj2k(tmp_path: Path) -> None:
    path = tmp_path / "ht.dcm"
    path.write_bytes(with_frame(a_file("MR_small.dcm"), HTJ2K.read_bytes(), HTJ2KLossless))
    assert native(path).PixelData == dcmread(a_file("MR_small.dcm")).PixelData
    assert transcode.native_frame(path.read_bytes(), 1) == native(path).PixelData


def test_one_frame_of_several_is_the_same_alone() -> None:
    content = a_file("SC_rgb_rle_16bit_2frame.dcm").read_bytes()
    whole = native(a_file("SC_rgb_rle_16bit_2frame.dcm"))
    both = [transcode.frame_array(dcmread(BytesIO(content)), number) for number in (1, 2)]
    assert np.array_equal(np.stack(both), whole.pixel_array)


def with_frame(path: Path, frame: bytes, syntax: UID | None = None) -> bytes:
    """A file whose only frame is another."""
    data_set = dcmread(path)
    data_set.add_new("PixelData", "OB", encapsulate([frame]))
    data_set["PixelData"].is_undefined_length = True
    data_set.file_meta.TransferSyntaxUID = syntax or data_set.file_meta.TransferSyntaxUID
    buffer = BytesIO()
    data_set.save_as(buffer, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


LOSSLESS = ["SC_rgb_jpeg_gdcm.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm"]


@pytest.mark.parametrize("name", [*LOSSLESS, "SC_rgb_jpeg_dcmtk.dcm", "MR_small_RLE.dcm"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_codestream_is_refused_in_words(name: str, kept: float) -> None:
    frame = get_frame(dcmread(a_file(name)).PixelData, 0, number_of_frames=1)
    broken = frame[: int(len(frame) * kept) & ~1]
    with pytest.raises(RuleBrokenError, match="cannot be decoded"):
        transcode.to_syntax(with_frame(a_file(name), broken), str(ExplicitVRLittleEndian))


@pytest.mark.parametrize("name", [*LOSSLESS, "MR_small_RLE.dcm"])
def test_flipped_bits_are_decoded_or_refused_and_nothing_else_ends(name: str) -> None:
    random = np.random.default_rng(1)
    frame = get_frame(dcmread(a_file(name)).PixelData, 0, number_of_frames=1)
    for _ in range(8):
        broken = bytearray(frame)
        broken[int(random.integers(len(frame) // 8))] ^= 1 << int(random.integers(8))
        content = with_frame(a_file(name), bytes(broken))
        with suppress(RuleBrokenError):
            transcode.native_frame(content, 1)
    assert native(a_file(name)).PixelData  # and the next one is decoded


def test_more_are_decoded_at_once_than_there_are_decoders() -> None:
    paths = [a_file(name) for name in LOSSLESS] * 5
    with ThreadPoolExecutor(8) as threads:
        at_once = [made.PixelData for made in threads.map(native, paths)]
    assert at_once == [native(path).PixelData for path in paths]
