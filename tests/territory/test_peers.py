"""Other DICOM systems and routes in a territory file."""

from datetime import UTC, date, datetime

import pytest
from tests.territory.broken import SMALL

from plateau.platform.db import Db
from plateau.territory import file, rows, service
from plateau.territory.types import BrokenFileError

AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
ON = date(2026, 11, 22)
PEERS = """\
[[peer]]
ae_title = "ARCHIVE"
name = "Archive commune"
host = "127.0.0.1"
port = 11113
may_query = true
valid_from = 2020-01-01
[[route]]
site = "A"
modality = "CT"
peer = "ARCHIVE"
valid_from = 2020-01-01
"""


def test_peers_and_routes_are_loaded_once(db: Db) -> None:
    parsed = file.parse(SMALL + PEERS, "essai.toml")
    with db.begin() as tx:
        service.load(tx, parsed, at=AT)
        again = service.load(tx, parsed, at=AT)
        found = service.peer(tx, "ARCHIVE", on=ON)
        sent = service.routes(tx, site_id=rows.site_id("A"), modalities=["CT"], on=ON)
        other = service.routes(tx, site_id=rows.site_id("A"), modalities=["MR"], on=ON)

    assert again == []
    assert found is not None
    assert (found.port, found.may_query, found.may_retrieve) == (11113, True, False)
    assert [route.ae_title for route in sent] == ["ARCHIVE"]
    assert other == []


def test_a_peer_that_leaves_the_file_ends(db: Db) -> None:
    with db.begin() as tx:
        service.load(tx, file.parse(SMALL + PEERS, "essai.toml"), at=AT)
        service.load(tx, file.parse(SMALL, "essai.toml"), at=AT)
        found = service.peer(tx, "ARCHIVE", on=ON)

    assert found is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 11113", "port = 111130", "peer.port"),
        ('ae_title = "ARCHIVE"', 'ae_title = "SEVENTEEN-LETTERS"', "16 characters"),
        ('peer = "ARCHIVE"', 'peer = "NOWHERE"', "no peer has the code NOWHERE"),
        ('site = "A"\nmodality', 'site = "Z"\nmodality', "no site has the code Z"),
        ("may_query = true", "may_fly = true", "unknown key"),
    ],
)
def test_what_is_wrong_with_a_peer_is_named_by_its_line(old: str, new: str, said: str) -> None:
    text = SMALL + PEERS.replace(old, new)
    wrong = 1 + text[: text.index(new.rsplit("\n", maxsplit=1)[0])].count("\n")
    with pytest.raises(BrokenFileError) as caught:
        file.parse(text, "essai.toml")

    assert f"essai.toml:{wrong}:" in str(caught.value)
    assert said in str(caught.value)
