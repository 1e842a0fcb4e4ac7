"""What a system sends is read as its territory says it is meant; the bytes stay as they came."""

import pytest
from orjson import loads as answers_of
from pydicom.dataset import Dataset

import make
from faults.test_character_sets import NAMES
from images.instances import CT, as_file, ct
from plateau.images import service
from plateau.images.formats import header
from plateau.images.types import Coercion
from plateau.kernel.errors import NotFoundError
from plateau.platform.blobs import Blobs, key_of
from plateau.platform.db import Db

SETS = {
    name: (term.decode().strip(), text, groups)
    for name, (term, text, groups) in NAMES.items()
    if b"\\" not in term
}


def said_nothing(name: bytes, character_set: str | None) -> Dataset:
    """An image whose name is in a character set that it does not say, or says wrongly."""
    image = ct()
    image.StudyDescription = "TEST"
    image.PatientName = name
    del image.SpecificCharacterSet
    if character_set is not None:
        image.SpecificCharacterSet = character_set
    return image


def name_of(found: str) -> list[str]:
    """The name of the patient in metadata, by groups."""
    (said,) = answers_of(found)["00100010"]["Value"]
    return list(said.values())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("character_set", [None, "", "ISO_IR 999", "ISO_IR 192"])
@pytest.mark.parametrize("name", SETS)
def test_a_name_is_read_in_the_character_set_of_its_sender(
    name: str, character_set: str | None, implicit: bool
) -> None:
    term, text, groups = SETS[name]
    sent = as_file(said_nothing(text, character_set), implicit=implicit)

    found = header.read(sent, Coercion(character_set=term))

    assert name_of(found.metadata) == list(groups)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_character_set_that_is_right_is_believed() -> None:
    image = ct()
    image.PatientName = "ÉTXEBERRÍA^Maïté"
    found = header.read(as_file(image), Coercion(character_set="ISO_IR 100"))
    assert name_of(found.metadata) == ["ÉTXEBERRÍA^Maïté"]


def test_nothing_changes_for_a_sender_without_rules() -> None:
    assert header.read(as_file(image := ct()), Coercion()) == header.read(as_file(image))


@pytest.mark.parametrize("implicit", [False, True])
def test_pixels_are_found_where_they_lie_whatever_is_read_before_them(implicit: bool) -> None:
    sent = as_file(ct(), implicit=implicit)
    meant = Coercion(issuer="CLINIQUE-INVENTEE", accession_prefix="CI-")

    found, plain = header.read(sent, meant), header.read(sent)

    assert (found.pixel_offset, found.frame_bytes) == (plain.pixel_offset, plain.frame_bytes)
    assert found.accession_number == "CI-ACC1"
    assert answers_of(found.metadata)["00080050"]["Value"] == ["CI-ACC1"]
    assert answers_of(found.metadata)["00100021"]["Value"] == ["CLINIQUE-INVENTEE"]


def test_what_a_machine_sends_is_indexed_as_its_row_says_and_kept_as_it_came(
    db: Db, blobs: Blobs
) -> None:
    image = ct()
    sent = as_file(image)
    with db.begin() as tx:
        make.a_world(tx)
        tx.run("update territory.device set accession_prefix = 'CHT-'")
        service.receive(tx, blobs, content=sent, origin=CT, now=make.NIGHT)
        study = service.study_of(tx, image.StudyInstanceUID)
        kept = tx.value("select blob_key from images.instance")

    assert study
    assert study.accession_number == "CHT-ACC1"
    assert kept == key_of(sent)


def test_an_identifier_of_another_issuer_is_nobody_here_until_somebody_decides(
    db: Db, blobs: Blobs
) -> None:
    sent = as_file(ct())
    with db.begin() as tx:
        world = make.a_world(tx)
        tx.run("update territory.device set issuer = 'CLINIQUE-INVENTEE'")
        with pytest.raises(NotFoundError):
            service.receive(tx, blobs, content=sent, origin=CT, now=make.NIGHT)
        tx.run(
            """
            insert into patients.foreign_identifier
            values ('CLINIQUE-INVENTEE', 'IPP-TEST-1', %(patient)s, 'test', now())
            """,
            patient=world.patient_id,
        )
        service.receive(tx, blobs, content=sent, origin=CT, now=make.NIGHT)
        found = tx.value("select patient_id from images.study")

    assert found == world.patient_id
