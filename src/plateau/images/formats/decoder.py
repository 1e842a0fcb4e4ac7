"""Takes pixels out of their compression, in a process of its own (`python -m`, see `transcode`).

Codecs are written in C and read bytes of strangers: one that fails must take nothing with it.
"""

import struct
import warnings
from io import BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException

from plateau.images.formats import extended
from plateau.platform import aside

# What the library and its codecs raise on pixels that are not what they claim to be.
TROUBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
AS_KEPT, AS_RGB = b"\0", b"\1"  # how the colours of an answer are laid out
# Where several codecs can read a transfer syntax, the one that does it best; else whichever can.
_CODECS = {
    "1.2.840.10008.1.2.4.50": "pillow",
    "1.2.840.10008.1.2.4.80": "gdcm",
    "1.2.840.10008.1.2.4.81": "gdcm",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
}
HALVED = "YBR_FULL_422"  # native, two pixels share their colour. PS3.3, C.7.6.3.1.2
_EXTENDED = "1.2.840.10008.1.2.4.51"
_MEMORY_BYTES = 6 << 30


def native(question: bytes) -> bytes:
    """A file in explicit little endian, of the same UID, out of a letter for colours and a file."""
    data_set = dcmread(BytesIO(question[1:]))
    have_types(data_set)
    data_set.decompress(
        as_rgb=question[:1] == AS_RGB,
        generate_instance_uid=False,
        decoding_plugin=_codec(data_set),
    )
    if data_set.PhotometricInterpretation == HALVED:
        data_set.PhotometricInterpretation = "YBR_FULL"  # every pixel has its own colour by now
    buffer = BytesIO()
    data_set.save_as(buffer, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def have_types(data_set: Dataset) -> None:
    """Every element knows its type: it may come from a file that is not in the syntax it says."""
    for _ in data_set.iterall():
        pass


def _codec(data_set: FileDataset) -> str:
    """The name of the codec that does it best, or nothing: any of them."""
    syntax = str(data_set.file_meta.TransferSyntaxUID)
    if syntax == _EXTENDED and data_set.BitsStored > 8:
        return extended.NAME
    return _CODECS.get(syntax, "")


def main() -> None:
    """Decode whatever is asked, until nobody asks."""
    warnings.simplefilter("ignore")
    extended.use()
    aside.serve(native, refuses=TROUBLES, memory_bytes=_MEMORY_BYTES)


if __name__ == "__main__":
    main()
