"""What is read of a radiation dose report; the reports are invented."""

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import XRayRadiationDoseSRStorage, generate_uid

import make
from images.instances import CT, as_file, ct
from plateau.images import service
from plateau.images.formats import dose
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx


def code(value: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", "tested"
    return item


def number(concept: str, value: float, unit: str) -> Dataset:
    units = Dataset()
    units.CodeValue, units.CodingSchemeDesignator, units.CodeMeaning = unit, "UCUM", unit
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = str(value), [units]
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "NUM"
    item.ConceptNameCodeSequence, item.MeasuredValueSequence = [code(concept)], [measured]
    return item


def container(concept: str, *children: Dataset) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "CONTAINER"
    item.ConceptNameCodeSequence, item.ContentSequence = [code(concept)], list(children)
    return item


def report(study_uid: str, *content: Dataset) -> Dataset:
    image = ct(study_uid)
    for keyword in ("PixelData", "Rows", "Columns"):
        del image[keyword]
    image.SOPClassUID, image.SOPInstanceUID = XRayRadiationDoseSRStorage, generate_uid()
    image.SeriesInstanceUID, image.Modality = generate_uid(), "SR"
    image.Manufacturer, image.ManufacturerModelName = "Constructeur fictif", "Modèle 3"
    image.ValueType = "CONTAINER"
    image.ConceptNameCodeSequence = [code("113701")]
    image.ContentSequence = list(content)
    return image


def ct_report(study_uid: str, *ctdi: float, dlp: float = 950.5) -> Dataset:
    """TID 10011: accumulated dose, then one acquisition for each CTDIvol."""
    return report(
        study_uid,
        container("113811", number("113813", dlp, "mGy.cm")),
        *(
            container("113819", container("113829", number("113830", value, "mGy")))
            for value in ctdi
        ),
    )


def test_a_ct_report_gives_the_highest_ctdi_and_the_total_dlp(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    for one in (image, ct_report(image.StudyInstanceUID, 12.5, 51.2, 0.1)):
        service.receive(tx, blobs, content=as_file(one), origin=CT, now=make.NIGHT)

    found = service.dose_of(tx, blobs, study_uid=image.StudyInstanceUID)

    assert found
    assert (found.ctdi_vol_mgy, found.dlp_mgy_cm, found.dap_mgy_cm2) == (51.2, 950.5, None)
    assert found.device == "Constructeur fictif Modèle 3"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(0.00002, "Gy.m2", 200), (2, "dGy.cm2", 200), (20, "uGy.m2", 200), (200, "mGy.cm2", 200)],
)
def test_a_projection_report_gives_the_total_dap(value: float, unit: str, expected: float) -> None:
    image = report("1.2.3", container("113702", number("113722", value, unit)))
    found = dose.read(as_file(image))
    assert found.dap_mgy_cm2 == pytest.approx(expected)
    assert (found.ctdi_vol_mgy, found.dlp_mgy_cm) == (None, None)


def test_a_dose_in_an_unknown_unit_is_not_guessed() -> None:
    image = report("1.2.3", container("113702", number("113722", 3, "R.cm2")))
    assert dose.read(as_file(image)).dap_mgy_cm2 is None


def test_a_study_without_report_has_no_dose(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    service.receive(tx, blobs, content=as_file(image), origin=CT, now=make.NIGHT)
    assert service.dose_of(tx, blobs, study_uid=image.StudyInstanceUID) is None
