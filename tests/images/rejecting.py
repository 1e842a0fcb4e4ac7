"""Rejection notes for the tests, and what is seen of what they name."""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage, generate_uid

from images.instances import ct, reference


def note(images: Sequence[Dataset], code: str = "113001", patient: str = "IPP-TEST-1") -> Dataset:
    """A rejection note of the study of these images, as a machine writes it."""
    study_uid = images[0].StudyInstanceUID
    document = Dataset()
    document.SOPClassUID = KeyObjectSelectionDocumentStorage
    document.SOPInstanceUID = generate_uid()
    document.StudyInstanceUID, document.SeriesInstanceUID = study_uid, generate_uid()
    document.PatientID, document.PatientName = patient, "TESTINVENTE^Camille"
    document.SpecificCharacterSet = "ISO_IR 192"
    document.Modality, document.InstanceNumber, document.SeriesNumber = "KO", 1, 99
    document.ValueType = "CONTAINER"
    document.ConceptNameCodeSequence = [title(code)]
    document.CurrentRequestedProcedureEvidenceSequence = [evidence(images)]
    return document


def title(code: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", "as the code says"
    return item


def evidence(images: Sequence[Dataset]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = images[0].SeriesInstanceUID
    series.ReferencedSOPSequence = [reference(image) for image in images]
    study = Dataset()
    study.StudyInstanceUID = images[0].StudyInstanceUID
    study.ReferencedSeriesSequence = [series]
    return study


def a_study(count: int) -> list[Dataset]:
    """Images of one study."""
    study_uid = generate_uid()
    return [ct(study_uid, number + 1) for number in range(count)]
