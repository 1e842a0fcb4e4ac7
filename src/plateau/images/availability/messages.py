"""Instance availability notifications. Source: PS3.4, annex R; PS3.3, table C.4-22."""

from collections.abc import Sequence
from itertools import groupby

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.presentation import PresentationContext

from plateau.images.availability.types import (
    NEARLINE,
    OFFLINE,
    ONLINE,
    UNAVAILABLE,
    Available,
    Said,
)
from plateau.kernel.errors import InvalidInputError

SERVICE = "1.2.840.10008.5.1.4.33"
_KNOWN = frozenset([ONLINE, NEARLINE, OFFLINE, UNAVAILABLE])
_MOST = 100_000


def context() -> PresentationContext:
    """What is proposed or accepted."""
    return build_context(SERVICE, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])


def notification(found: Sequence[Available], *, ae_title: str) -> Dataset:
    """What says of the instances of one study, sorted by series, whether they can be had here."""
    said = Dataset()
    said.ReferencedPerformedProcedureStepSequence = []
    said.StudyInstanceUID = found[0].study_uid
    said.ReferencedSeriesSequence = []
    for series_uid, instances in groupby(found, lambda one: one.series_uid):
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = [_item(one, ae_title) for one in instances]
        said.ReferencedSeriesSequence.append(series)
    return said


def parse(said: Dataset) -> list[Said]:
    """What another system says of each instance."""
    study_uid = str(said.get("StudyInstanceUID") or "")
    found = [
        Said(
            study_uid,
            str(series.get("SeriesInstanceUID") or ""),
            str(one.get("ReferencedSOPInstanceUID") or ""),
            str(one.get("InstanceAvailability") or ""),
            str(one.get("RetrieveAETitle") or ""),
        )
        for series in said.get("ReferencedSeriesSequence") or []
        for one in series.get("ReferencedSOPSequence") or []
    ]
    whole = all(one.series_uid and one.sop_instance_uid for one in found)
    known = all(one.availability in _KNOWN for one in found)
    if not study_uid or not found or len(found) > _MOST or not whole or not known:
        raise InvalidInputError("not a usable DICOM object")
    return found


def _item(one: Available, ae_title: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = one.sop_class_uid
    item.ReferencedSOPInstanceUID = one.sop_instance_uid
    item.InstanceAvailability = one.availability
    item.RetrieveAETitle = ae_title
    return item
