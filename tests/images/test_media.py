"""Which form of an answer is agreed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.images.formats import transcode
from plateau.images.retrieve import media
from plateau.images.retrieve.media import DICOM, EXPLICIT, ZIP
from plateau.images.retrieve.types import Form, Offer
from plateau.images.types import NotAcceptableError

FILES = (Offer(kind=DICOM, is_multipart=True), Offer(kind=ZIP), Offer(kind=DICOM))


def agreed(header: str) -> Form:
    return media.agree(media.wanted(header), FILES)


@pytest.mark.parametrize(
    ("header", "kind", "is_multipart", "syntax"),
    [
        ("", DICOM, True, "*"),
        ("*/*", DICOM, True, "*"),
        ("multipart/related", DICOM, True, "*"),
        ('multipart/related; type="application/dicom"', DICOM, True, EXPLICIT),
        ('multipart/related; type="application/dicom"; transfer-syntax=*', DICOM, True, "*"),
        ("multipart/related;type=application/dicom;transfer-syntax=1.2.3", DICOM, True, "1.2.3"),
        ("application/dicom; transfer-syntax=*", DICOM, False, "*"),
        ("application/zip", ZIP, False, EXPLICIT),
        ("text/html, application/zip;q=0.5", ZIP, False, EXPLICIT),
        ("application/zip;q=0.5, application/dicom", DICOM, False, EXPLICIT),
        ("application/dicom;q=0, application/zip", ZIP, False, EXPLICIT),
        ("application/*", ZIP, False, EXPLICIT),
    ],
)
def test_the_first_form_that_is_wanted_and_offered(
    header: str, kind: str, is_multipart: bool, syntax: str
) -> None:
    assert agreed(header) == Form(kind=kind, is_multipart=is_multipart, syntax=syntax)


@pytest.mark.parametrize(
    "header",
    ["text/html", "multipart/related; type=image/jpeg", "application/dicom;q=0", ";;", "q"],
)
def test_a_form_that_is_not_offered_is_refused(header: str) -> None:
    with pytest.raises(NotAcceptableError):
        agreed(header)


@given(st.text(alphabet='amultipart/related;,="* q.01\\', max_size=80))
def test_any_header_is_answered_or_refused(header: str) -> None:
    try:
        form = agreed(header)
    except NotAcceptableError:
        return
    assert Offer(kind=form.kind, is_multipart=form.is_multipart) in FILES


def test_what_can_be_made_of_what_is_stored() -> None:
    rle, jpeg_2000 = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"
    assert transcode.target("*", rle) == rle
    assert transcode.target(rle, rle) == rle
    assert transcode.target(EXPLICIT, rle) == EXPLICIT
    with pytest.raises(NotAcceptableError):
        transcode.target(jpeg_2000, rle)
    with pytest.raises(NotAcceptableError):
        transcode.target(EXPLICIT, "1.2.840.10008.1.2.4.102")  # MPEG-4: no decoder here
