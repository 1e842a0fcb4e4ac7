"""Names in the writing of those who bear them: kept byte for byte, and told as they are."""

import struct

import pytest
from pydicom.dataset import Dataset

from faults import wire
from faults.outside_view import View
from images.instances import ct, encode

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

Groups = tuple[str, ...]  # alphabetic, ideographic, phonetic
_KOREAN = b"\x1b$)C"
NAMES: dict[str, tuple[bytes, bytes, Groups]] = {
    "Latin-1": (b"ISO_IR 100", "TESTINVENTE^Zoé".encode("latin-1"), ("TESTINVENTE^Zoé",)),
    "Latin-2": (b"ISO_IR 101", "WYMYŚLONA^Żaneta".encode("iso8859_2"), ("WYMYŚLONA^Żaneta",)),
    "UTF-8": (b"ISO_IR 192", "ÉTXEBERRÍA^Maïté".encode(), ("ÉTXEBERRÍA^Maïté",)),
    "GB18030": (
        b"GB18030",
        "Wang^XiaoDong=王^小东".encode("gb18030"),
        ("Wang^XiaoDong", "王^小东"),
    ),
    "GBK": (b"GBK", "Wang^XiaoDong=王^小东".encode("gbk"), ("Wang^XiaoDong", "王^小东")),
    "ISO 2022 JP": (
        b"\\ISO 2022 IR 87 ",
        "Yamada^Tarou=山田^太郎=やまだ^たろう".encode("iso2022_jp"),
        ("Yamada^Tarou", "山田^太郎", "やまだ^たろう"),
    ),
    "ISO 2022 KR": (
        b"\\ISO 2022 IR 149",
        b"Hong^Gildong="
        + _KOREAN + "洪".encode("euc_kr") + b"^" + _KOREAN + "吉洞".encode("euc_kr")
        + b"=" + _KOREAN + "홍".encode("euc_kr") + b"^" + _KOREAN + "길동".encode("euc_kr"),
        ("Hong^Gildong", "洪^吉洞", "홍^길동"),
    ),
    "Japanese, half width": (
        b"ISO_IR 13",
        "ﾔﾏﾀﾞ^ﾀﾛｳ".encode("shift_jis"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ",),
    ),
    "Cyrillic": (b"ISO_IR 144", "ВЫДУМКА^Люк".encode("iso8859_5"), ("ВЫДУМКА^Люк",)),
    "Greek": (b"ISO_IR 126", "ΔΙΟΝΥΣΙΟΣ^Νίκος".encode("iso8859_7"), ("ΔΙΟΝΥΣΙΟΣ^Νίκος",)),
    "Arabic": (b"ISO_IR 127", "قباني^لنزار".encode("iso8859_6"), ("قباني^لنزار",)),
    "Hebrew": (b"ISO_IR 138", "שרון^דבורה".encode("iso8859_8"), ("שרון^דבורה",)),
    "Thai": (b"ISO_IR 166", "ทดสอบ^สมมติ".encode("tis_620"), ("ทดสอบ^สมมติ",)),
    "Turkish": (b"ISO_IR 148", "UYDURMA^Çağlaşı".encode("iso8859_9"), ("UYDURMA^Çağlaşı",)),
}  # fmt: skip
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_CHARACTER_SET, _NAME = (8, 5, b"CS"), (0x10, 0x10, b"PN")


def element(place: tuple[int, int, bytes], value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return struct.pack("<HH2sH", *place, len(value)) + value


def written(image: Dataset, character_set: bytes, name: bytes) -> bytes:
    """The data set of an image with these very bytes for its patient's name."""
    content = encode(image)
    for place, value in ((_CHARACTER_SET, character_set), (_NAME, name)):
        at = content.index(struct.pack("<HH2s", *place))
        (length,) = struct.unpack_from("<H", content, at + 6)
        content = content[:at] + element(place, value) + content[at + 8 + length :]
    return content


def plain() -> Dataset:
    """An image whose other texts are in every character set."""
    image = ct()
    image.StudyDescription = "Crane"
    return image


def kept(hub: View, image: Dataset, content: bytes) -> dict[str, dict[str, object]]:
    """What is told of an image that is stored, once its bytes have been compared."""
    with wire.established(hub.port) as peer:
        assert peer.store(content, image.SOPInstanceUID) == wire.SUCCESS
    place = (image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID)
    assert hub.data_set(*place) == content
    (told,) = hub.metadata(image.StudyInstanceUID)
    return told


@pytest.mark.parametrize(("character_set", "name", "groups"), NAMES.values(), ids=NAMES)
def test_a_patient_name_in_eight_encodings_and_more(
    hub: View, character_set: bytes, name: bytes, groups: Groups
) -> None:
    image = plain()
    told = kept(hub, image, written(image, character_set, name))
    expected = dict(zip(_GROUPS, groups, strict=False))
    assert told["00100010"] == {"vr": "PN", "Value": [expected]}


UNSAID: dict[str, bytes] = {
    "empty": b"",
    "a space": b" ",
    "unknown": b"ISO_IR 999",
    "several of which one is unknown": b"ISO_IR 100\\ISO 2022 IR 999",
}


@pytest.mark.parametrize("character_set", UNSAID.values(), ids=UNSAID)
@pytest.mark.parametrize("name", [b"TESTINVENTE^Camille", b"TESTINVENT\xc9^Camille"])
def test_an_empty_specific_character_set_and_worse(
    hub: View, character_set: bytes, name: bytes
) -> None:
    """What is plain is told as it is; the rest is told somehow, and kept as it is."""
    image = plain()
    told = kept(hub, image, written(image, character_set, name))
    (value,) = told["00100010"]["Value"]  # pyright: ignore[reportGeneralTypeIssues]
    assert str(value["Alphabetic"]).endswith("^Camille")
    if name.isascii():
        assert value == {"Alphabetic": name.decode("ascii")}


def test_no_specific_character_set(hub: View) -> None:
    image = plain()
    del image.SpecificCharacterSet
    told = kept(hub, image, encode(image))
    assert told["00100010"]["Value"] == [{"Alphabetic": "TESTINVENTE^Camille"}]
