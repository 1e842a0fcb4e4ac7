"""Storage commitment: what we answer for, so that a machine may delete it.

Source: PS3.4, annex J.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.presentation import PresentationContext

from plateau.kernel.errors import InvalidInputError

SERVICE = "1.2.840.10008.1.20.1"
INSTANCE = "1.2.840.10008.1.20.1.1"  # the well-known one
REQUEST = 1  # the only action type
_ALL_COMMITTED, _SOME_FAILED = 1, 2  # event types
PROCESSING_FAILURE = 0x0110
_NO_SUCH_INSTANCE, _CLASS_CONFLICT = 0x0112, 0x0119  # PS3.3, C.14.1.1


@dataclass(frozen=True, slots=True)
class Reference:
    """An instance that a machine names."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a machine asks us to answer for."""

    ae_title: str
    transaction_uid: str
    classes: list[str]
    uids: list[str]

    @property
    def references(self) -> list[Reference]:
        """The instances, in the order of the request."""
        return [Reference(*one) for one in zip(self.classes, self.uids, strict=True)]


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance that has a row."""

    sop_instance_uid: str
    sop_class_uid: str
    blob_key: str


def parse(information: Dataset) -> tuple[str, list[Reference]]:
    """The transaction UID and the instances of a request. Source: PS3.4, table J.3-1."""
    transaction_uid = str(information.get("TransactionUID") or "")
    items = information.get("ReferencedSOPSequence") or []
    references = [
        Reference(str(item.get("ReferencedSOPClassUID", "")), str(uid))
        for item in items
        if (uid := item.get("ReferencedSOPInstanceUID"))
    ]
    if not transaction_uid or not references or len(references) != len(items):
        raise InvalidInputError("not a usable DICOM object")
    return transaction_uid, references


def context() -> PresentationContext:
    """What is proposed or accepted; whoever answers may be at either end."""
    found = build_context(SERVICE, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    found.scu_role = found.scp_role = True
    return found


def request(transaction_uid: str, classes: Sequence[str], uids: Sequence[str]) -> Dataset:
    """What asks a system to answer for instances. Source: PS3.4, table J.3-1."""
    asked = Dataset()
    asked.TransactionUID = transaction_uid
    asked.ReferencedSOPSequence = [
        _item(Reference(*one)) for one in zip(classes, uids, strict=True)
    ]
    return asked


def verdict(said: Dataset) -> tuple[str, list[str]]:
    """The transaction UID of a report, and what is not answered for. Source: PS3.4, table J.3-2."""
    transaction_uid = str(said.get("TransactionUID") or "")
    if not transaction_uid:
        raise InvalidInputError("not a usable DICOM object")
    failed = said.get("FailedSOPSequence") or []
    return transaction_uid, [str(item.get("ReferencedSOPInstanceUID", "")) for item in failed]


def failures(
    references: Sequence[Reference], stored: Mapping[str, Stored], lost: frozenset[str]
) -> dict[str, int]:
    """Why we do not answer for some instances; `lost` have a row whose bytes cannot be read."""
    reasons = {one.sop_instance_uid: _reason(one, stored, lost) for one in references}
    return {uid: reason for uid, reason in reasons.items() if reason}


def _reason(one: Reference, stored: Mapping[str, Stored], lost: frozenset[str]) -> int:
    found = stored.get(one.sop_instance_uid)
    if found is None:
        return _NO_SUCH_INSTANCE
    if found.sop_class_uid != one.sop_class_uid:
        return _CLASS_CONFLICT
    return PROCESSING_FAILURE if one.sop_instance_uid in lost else 0


def report(asked: Asked, failed: Mapping[str, int], *, ae_title: str) -> tuple[int, Dataset]:
    """The event type and what it says. Source: PS3.4, table J.3-2."""
    said = Dataset()
    said.TransactionUID = asked.transaction_uid
    kept = [one for one in asked.references if one.sop_instance_uid not in failed]
    if kept:
        said.RetrieveAETitle = ae_title
        said.ReferencedSOPSequence = [_item(one) for one in kept]
    if not failed:
        return _ALL_COMMITTED, said
    said.FailedSOPSequence = [
        _item(one, failed[one.sop_instance_uid])
        for one in asked.references
        if one.sop_instance_uid in failed
    ]
    return _SOME_FAILED, said


def _item(one: Reference, reason: int = 0) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = one.sop_class_uid
    item.ReferencedSOPInstanceUID = one.sop_instance_uid
    if reason:
        item.FailureReason = reason
    return item
