"""Takes pixels out of their compression, in a process of its own (`python -m`, see `transcode`).

Codecs are written in C and read bytes of strangers: one that fails must take nothing with it.
"""

import struct
import warnings
from io import BytesIO

from pydicom import dcmread
from pydicom.errors import BytesLengthException

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
_MEMORY_BYTES = 6 << 30


def native(question: bytes) -> bytes:
    """A file in explicit little endian, of the same UID, out of a letter for colours and a file."""
    data_set = dcmread(BytesIO(question[1:]))
    data_set.decompress(
        as_rgb=question[:1] == AS_RGB,
        generate_instance_uid=False,
        decoding_plugin=_CODECS.get(str(data_set.file_meta.TransferSyntaxUID), ""),
    )
    buffer = BytesIO()
    data_set.save_as(buffer, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def main() -> None:
    """Decode whatever is asked, until nobody asks."""
    warnings.simplefilter("ignore")
    aside.serve(native, refuses=TROUBLES, memory_bytes=_MEMORY_BYTES)


if __name__ == "__main__":
    main()
