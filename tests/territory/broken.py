"""A small sound territory, and what is said of it once something in it is wrong."""

from pathlib import Path

import pytest

from plateau.territory import file
from plateau.territory.types import BrokenFileError

SHIPPED = Path(__file__).parents[2] / "territories" / "basco-landais.toml"
SMALL = """\
[territory]
code = "essai"
name = "Essai"
[[member]]
code = "M"
name = "Membre"
valid_from = 2020-01-01
[[site]]
code = "A"
member = "M"
name = "Site A"
town = "Ville"
latitude = 43
longitude = -1
valid_from = 2020-01-01
[[site]]
code = "B"
member = "M"
name = "Site B"
town = "Ville"
latitude = 43
longitude = -1
valid_from = 2020-01-01
[[machine]]
ae_title = "CT_A"
site = "A"
modality = "CT"
name = "Scanner"
valid_from = 2020-01-01
[[exam]]
code = "TDM"
name = "Scanner"
name_en = "CT"
modality = "CT"
region = "Corps"
minutes = 10
[[reader]]
code = "UN"
login = "un"
name = "Dr Un EXEMPLE"
specialty = "radiologie"
home = "A"
skills = ["CT"]
privileges = ["A", "B"]
valid_from = 2020-01-01
[[reader]]
code = "DEUX"
login = "deux"
name = "Dr Deux EXEMPLE"
specialty = "radiologie"
home = "A"
skills = [{ modality = "CT", valid_to = 2025-01-01 }]
privileges = ["A"]
valid_from = 2020-01-01
[[staff]]
code = "URG"
login = "urg"
name = "Dr Trois EXEMPLE"
roles = [{ role = "requester", sites = ["A"] }]
valid_from = 2020-01-01
[[line]]
code = "NUIT"
name = "Nuit"
place = "A"
starts_at = 20:00:00
ends_at = 08:00:00
readers = 2
covers = ["A", { site = "B", starts_at = 18:00:00 }]
valid_from = 2020-01-01
[[delay]]
urgency = "U0"
minutes = 30
source = "essai"
valid_from = 2020-01-01
[[delay]]
urgency = "U1"
minutes = 60
source = "essai"
valid_from = 2020-01-01
[[delay]]
urgency = "U2"
minutes = 240
source = "essai"
valid_from = 2020-01-01
[[delay]]
urgency = "U3"
minutes = 1440
source = "essai"
valid_from = 2020-01-01
[[destination]]
code = "RIS-A"
site = "A"
host = "127.0.0.1"
port = 2601
application = "RIS"
facility = "A"
valid_from = 2020-01-01
[[roster]]
line = "NUIT"
on = 2026-11-23
readers = ["UN"]
"""


def problems(text: str) -> list[tuple[str, str]]:
    """Each problem: the line of the text it names, and the reason."""
    rows = text.split("\n")
    with pytest.raises(BrokenFileError) as caught:
        file.parse(text, "essai.toml")
    return [(rows[problem.line - 1], str(problem.reason)) for problem in caught.value.problems]


def broken(old: str, new: str, *, more: str = "") -> list[tuple[str, str]]:
    """The problems of the small file once `old` is written `new`."""
    assert old in SMALL
    return problems(SMALL.replace(old, new, 1) + more)
