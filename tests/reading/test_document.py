"""The printed report holds everything the law asks for, in any words people type."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from make import NIGHT
from plateau.images.types import Dose
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import document, service, signature, wording
from plateau.reading.document import Chapter, Paper, Signed
from plateau.reading.types import Addendum, Kind, Seal, Sections
from plateau.requests import service as requests
from reading.night import PASSWORD, TEXT, WALL, Night, signing

SIGNED_AT = NIGHT + timedelta(minutes=10)


def text_of(content: bytes) -> str:
    """The words of a PDF, whatever its line breaks."""
    pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return " ".join(" ".join(pages).split())


def a_paper(result: str = "Normal.") -> Paper:
    chapters = [Chapter(title="Résultat", text=result)]
    return Paper(
        place="Hôpital d'essai",
        title="Compte rendu",
        patient="TESTINVENTE Camille",
        facts=[("Identifiant local", "IPP-TEST-1")],
        versions=[Signed(title="Version 1", chapters=chapters, signature="Dr Lecture")],
        footer="TESTINVENTE Camille",
        page="Page {page} / {pages}",
    )


def justified(db: Db, night: Night) -> None:
    with db.begin() as tx:
        tx.run(
            """
            update requests.request
            set decided_by = %(by)s, decided_at = %(at)s, urgency = 'U0'
            """,
            by=night.world.reader_id,
            at=NIGHT - timedelta(minutes=40),
        )
        tx.run(
            "update territory.practitioner set rpps = '00000000001' where person_id = %(by)s",
            by=night.world.reader_id,
        )
        service.take(tx, night.reader, exam_id=night.exam_id, now=NIGHT, wall=WALL)


def printed(db: Db, blobs: Blobs, night: Night, text: Sections = TEXT) -> str:
    with db.begin() as tx:
        version_id = signature.sign(
            tx, blobs, night.reader, signing(night.exam_id, text), now=SIGNED_AT, wall=WALL
        )
        return text_of(blobs.get(service.signed(tx, version_id).document_key))


def test_every_element_is_printed(db: Db, blobs: Blobs, night: Night) -> None:
    justified(db, night)
    words = printed(db, blobs, night)
    with db.begin() as tx:
        exam = requests.exam(tx, night.exam_id)
        digest = tx.value("select digest from reading.version")
    for element in (
        "TESTINVENTE Camille",  # identity
        "03/02/1950",
        "IPP-TEST-1",
        exam.accession_number,
        "Hôpital TEST",  # site and requester
        "Dr Urgence",
        "0000",
        "Chute de sa hauteur, Glasgow 14.",  # justification
        "Hémorragie intracrânienne ?",
        "Dr Lecture",
        "24/11/2026 01:20",
        "Sans injection",
        "Scanner du crâne",
        "CT_TEST",  # device
        *(TEXT.indication, TEXT.technique, TEXT.result, TEXT.conclusion),
        "Plateau",  # signature
        "RPPS 00000000001",
        "24/11/2026 02:10",
        digest,
    ):
        assert element in words, element


def test_an_addendum_prints_what_it_follows(db: Db, blobs: Blobs, night: Night) -> None:
    justified(db, night)
    printed(db, blobs, night)
    added = Addendum(
        exam_id=night.exam_id,
        text="Hématome déjà visible en octobre.",
        conclusion="Hématome ancien.",
        reason="Antériorité reçue",
        password=PASSWORD,
    )
    with db.begin() as tx:
        version_id = signature.add_addendum(tx, blobs, night.reader, added, now=SIGNED_AT)
        words = text_of(blobs.get(service.signed(tx, version_id).document_key))
    assert words.index("Antériorité reçue") < words.index(added.text) < words.index(TEXT.result)
    assert words.count(TEXT.result) == 1


def test_a_dose_is_printed_with_its_units_and_its_absence_is_said(db: Db, night: Night) -> None:
    with db.begin() as tx:
        sheet = requests.exam_sheet(tx, night.exam_id)
    seal = Seal(
        exam_id=night.exam_id,
        patient_id=night.world.patient_id,
        number=1,
        kind=Kind.FINAL,
        reason="",
        signed_by=night.reader.person_id,
        signed_at=NIGHT,
    )
    said = wording.Print(
        sheet=sheet,
        dose=Dose(ctdi_vol_mgy=45.25, dlp_mgy_cm=890.4, dap_mgy_cm2=None, device="CT"),
        sections=TEXT,
        seal=seal,
        digest="d",
        signer=("Dr Lecture", None),
        earlier=[],
    )
    facts = [value for _, value in wording.paper(said).facts]
    silent = [value for _, value in wording.paper(replace(said, dose=None)).facts]
    assert any("45,2 mGy" in fact and "890,4 mGy·cm" in fact for fact in facts)
    assert silent[-1] not in facts


def test_the_same_report_gives_the_same_bytes() -> None:
    assert document.build(a_paper()) == document.build(a_paper())


def test_a_long_report_runs_over_numbered_pages() -> None:
    content = document.build(a_paper("Une phrase assez longue pour remplir la page. \n" * 200))
    pages = PdfReader(BytesIO(content)).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"Page {number} / {len(pages)}" in page.extract_text()
        assert "TESTINVENTE" in page.extract_text()


def test_french_signs_and_measures_survive() -> None:
    typed = "Œdème à 5 mm ≥ 4 × 3 cm², « d’emblée » — œuf, 37 °C ± 0,5 µg…"
    assert document.printable(typed) == typed
    assert document.printable("1\u202f000 → 2") == "1\u00a0000 -> 2"
    assert typed in text_of(document.build(a_paper(typed)))


def test_markup_is_printed_as_typed() -> None:
    assert "<b>3 < 4 & 5</b>" in text_of(document.build(a_paper("<b>3 < 4 & 5</b>")))


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_is_printed(typed: str) -> None:
    assert document.build(a_paper(typed)).startswith(b"%PDF")
