"""Writing a rejection note. Source: PS3.3, A.35.4; PS3.16, TID 2010."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from itertools import groupby

import orjson
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage, generate_uid

from plateau.images.reject.rules import MEANINGS
from plateau.images.reject.types import Named
from plateau.images.types import Json
from plateau.kernel.time import local

_COPIED = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"),
    *("ReferringPhysicianName", "StudyDescription"),
)
_TAGS = [f"{tag_for_keyword(keyword) or 0:08X}" for keyword in _COPIED]
_REQUIRED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
    *("StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
_IMAGE_CLASSES = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104.")  # no images


def note(instances: Sequence[Named], *, code: str, text: str, at: datetime, like: str) -> bytes:
    """A rejection note, as a DICOM file, of instances of one study that are like an instance."""
    document = _of_study(orjson.loads(like))
    _describe(document, local(at))
    document.ConceptNameCodeSequence = [_code(code, MEANINGS[code])]
    document.CurrentRequestedProcedureEvidenceSequence = [_evidence(instances)]
    document.ContentSequence = [
        *([_description(text.strip())] if text.strip() else []),
        *(_reference(one) for one in instances),
    ]
    document.file_meta = FileMetaDataset()
    document.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = BytesIO()
    document.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _of_study(like: Json) -> Dataset:
    document = Dataset.from_json({tag: like[tag] for tag in _TAGS if tag in like})
    for keyword in _REQUIRED:
        if keyword not in document:
            setattr(document, keyword, None)
    document.SpecificCharacterSet = "ISO_IR 192"
    return document


def _describe(document: Dataset, at: datetime) -> None:
    document.SOPClassUID, document.SOPInstanceUID = (
        KeyObjectSelectionDocumentStorage,
        generate_uid(prefix=None),
    )
    document.Modality, document.SeriesInstanceUID = "KO", generate_uid(prefix=None)
    document.SeriesNumber, document.InstanceNumber = 1, 1
    document.SeriesDescription = "Rejection note"
    document.ReferencedPerformedProcedureStepSequence = []
    document.Manufacturer = "Plateau"
    document.ContentDate, document.ContentTime = at.strftime("%Y%m%d"), at.strftime("%H%M%S")
    document.TimezoneOffsetFromUTC = at.strftime("%z")
    document.ValueType, document.ContinuityOfContent = "CONTAINER", "SEPARATE"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    document.ContentTemplateSequence = [template]


def _evidence(instances: Sequence[Named]) -> Dataset:
    study = Dataset()
    study.StudyInstanceUID = instances[0].study_uid
    study.ReferencedSeriesSequence = []
    for series_uid, among in groupby(instances, key=lambda one: one.series_uid):
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = [_named(one) for one in among]
        study.ReferencedSeriesSequence.append(series)
    return study


def _named(one: Named) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = one.sop_class_uid
    item.ReferencedSOPInstanceUID = one.sop_instance_uid
    return item


def _reference(one: Named) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    is_image = not one.sop_class_uid.startswith(_IMAGE_CLASSES)
    item.ValueType = "IMAGE" if is_image else "COMPOSITE"
    item.ReferencedSOPSequence = [_named(one)]
    return item


def _description(text: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = [_code("113012", "Key Object Description")]
    item.TextValue = text
    return item


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
