"""JPEG Extended with more than 8 bits (processes 2 and 4): GDCM decodes it well.

pydicom leaves it out; what it gives is compared with DCMTK's in the tests. One module of pydicom's
plug-ins: `is_available`, `DECODER_DEPENDENCIES` and a function of a frame and of who asks for it.
"""

from typing import Any

import gdcm
from pydicom.pixels import get_decoder
from pydicom.pixels.decoders.base import DecodeRunner
from pydicom.uid import JPEGExtended12Bit

NAME = "gdcm, 12 bits"
DECODER_DEPENDENCIES = {JPEGExtended12Bit: ("gdcm>=3.0.10",)}
_PIXEL_DATA = (0x7FE0, 0x0010)


def is_available(uid: str) -> bool:
    """Whether a transfer syntax is decoded here."""
    return uid in DECODER_DEPENDENCIES


def use() -> None:
    """Pydicom finds this codec under its name; GDCM tries others first, and need not say so."""
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    get_decoder(JPEGExtended12Bit).add_plugin(NAME, (__name__, decode.__name__))


def decode(frame: bytes, asked: DecodeRunner) -> bytes:
    """The pixels of a frame, as little endian words."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(*_PIXEL_DATA))
    element.SetValue(fragments.__ref__())
    image = _like(asked)
    image.SetDataElement(element)
    text: str = image.GetBuffer()  # bytes that it takes for a text
    return text.encode("utf-8", "surrogateescape")


def _like(asked: DecodeRunner) -> Any:
    """An image without pixels, of the shape that is asked."""
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((asked.columns, asked.rows, 1))
    colours = gdcm.PhotometricInterpretation.GetPIType(str(asked.photometric_interpretation))
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(colours))
    if asked.samples_per_pixel > 1:
        image.SetPlanarConfiguration(asked.planar_configuration)
    syntax = gdcm.TransferSyntax.GetTSType(str.__str__(asked.transfer_syntax))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(
        gdcm.PixelFormat(
            asked.samples_per_pixel,
            asked.bits_allocated,
            asked.bits_stored,
            asked.bits_stored - 1,
            asked.pixel_representation,
        )
    )
    return image
