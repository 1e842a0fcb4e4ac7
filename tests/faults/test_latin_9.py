"""French œ in a character set that the library does not know."""

import pytest

from faults.outside_view import View
from faults.test_character_sets import kept, plain, written

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]


def test_a_patient_name_in_latin_9(hub: View) -> None:
    image = plain()
    told = kept(hub, image, written(image, b"ISO_IR 203", "INVENTÉ^Œdipe".encode("iso8859_15")))
    assert told["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "INVENTÉ^Œdipe"}]}
