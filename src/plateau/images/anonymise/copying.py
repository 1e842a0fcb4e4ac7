"""One instance without its patient. Source: PS3.15, annex E.

The Basic Profile, with dates shifted by the same number of days for one patient and project. What
the table does not name and nonetheless holds an identifier is removed; what still does is refused.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO

from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID

from plateau.images.anonymise.profile import DUMMY, EMPTY, PROFILE, REMOVE
from plateau.images.anonymise.profile import UID as NEW_UID
from plateau.images.anonymise.types import Copy, Secret
from plateau.kernel.errors import RuleBrokenError

_STANDARD = "1.2.840.10008."
_TEXTS = "1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.104."  # reports, documents
_PAINTED = frozenset(["US", "OT", "SC", "XC", "ES", "GM", "SM", "DOC", "OP"])
_WHO = "ANONYMOUS"
_DUMMIES = {
    **dict.fromkeys(("DA",), "19000101"), **dict.fromkeys(("DT",), "19000101000000"),
    **dict.fromkeys(("TM",), "000000"), **dict.fromkeys(("AS",), "000Y"),
    **dict.fromkeys(("DS", "IS"), "0"), **dict.fromkeys(("FD", "FL", "SL", "SS", "UL", "US"), 0),
    **dict.fromkeys(("OB", "OW", "UN", "OD", "OF", "OL"), b""), "AT": 0,
}  # fmt: skip
_NAMES = (
    *("PatientID", "PatientName", "OtherPatientIDs", "OtherPatientNames", "PatientBirthName"),
    *("PatientMotherBirthName", "PatientAddress", "PatientTelephoneNumbers", "AccessionNumber"),
    *("MedicalRecordLocator", "ReferringPhysicianName", "PerformingPhysicianName"),
    *("OperatorsName", "NameOfPhysiciansReadingStudy", "PhysiciansOfRecord"),
    *("RequestingPhysician", "InstitutionName", "InstitutionAddress", "DeviceSerialNumber"),
    *("PatientBirthDate", "StudyDate", "AdmissionID", "IssuerOfPatientID"),
)
_CODED = ("CodeSequence", "IdentificationSequence")  # of persons and institutions
_SHORTEST = 4  # characters of what is looked for: shorter ones stand in any text
_SAID = "PS3.15 basic profile, dates shifted"
_METHODS = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)


def anonymous(content: bytes, secret: Secret) -> Copy:
    """A file without its patient; RuleBrokenError when it cannot be one."""
    data_set = dcmread(BytesIO(content))
    refusal = _refusal(data_set)
    if refusal:
        raise RuleBrokenError(refusal)
    known = identifiers(data_set)
    warning = "" if _is_clean(data_set) else "look at the pixels: something may be written in them"
    _clean(data_set, secret, known)
    _sign(data_set, secret)
    buffer = BytesIO()
    data_set.save_as(buffer, enforce_file_format=True)
    if names_any(said(data_set), known):
        raise RuleBrokenError("an identifier is left in it")
    return Copy(content=buffer.getvalue(), warning=warning)


def identifiers(data_set: Dataset) -> frozenset[str]:
    """What names the patient, or anybody or anything that leads to them."""
    found: set[str] = set()
    for element in data_set.iterall():
        if element.keyword in _NAMES or element.VR == "PN":
            texts = [str(one) for one in _values(element)]
            found |= {part for text in texts for part in (text, *re.split(r"[\s^=\\,;]+", text))}
        elif element.VR == "UI":
            found |= {str(one) for one in _values(element) if not _is_standard(str(one))}
    return frozenset(text.casefold() for text in found if sum(map(str.isalnum, text)) >= _SHORTEST)


def said(data_set: Dataset) -> str:
    """Every value of a data set but its pixels."""
    return " ".join(_texts(data_set))


def names_any(text: str, known: frozenset[str]) -> bool:
    """Whether a text holds an identifier as a word, whatever its case."""
    return _words(known).search(text.casefold()) is not None


@lru_cache(8)
def _words(known: frozenset[str]) -> re.Pattern[str]:
    """Any of these texts, standing alone; nothing when there is none."""
    if not known:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(known)))})(?!\w)")


def uid(original: str, secret: Secret) -> str:
    """Another UID, the same for the same one in one project. Source: PS3.5, B.2."""
    digest = hmac.new(secret.key, original.encode(), hashlib.sha256).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def pseudonym(secret: Secret) -> str:
    """What the patient is called in one project."""
    digest = hmac.new(secret.key, secret.patient_id.bytes, hashlib.sha256).hexdigest()
    return f"ANON-{digest[:12].upper()}"


def shift(secret: Secret) -> timedelta:
    """How far the dates of the patient are moved in one project: one to ten years back."""
    digest = hmac.new(secret.key, b"dates" + secret.patient_id.bytes, hashlib.sha256).digest()
    return timedelta(days=-(366 + int.from_bytes(digest[:4], "big") % 3285))


def _refusal(data_set: Dataset) -> str:
    sop_class = str(data_set.get("SOPClassUID", ""))
    if sop_class.startswith(_TEXTS) or "EncapsulatedDocument" in data_set:
        return "a report or a document: what it says cannot be anonymised"
    if not sop_class.startswith(_STANDARD):
        return "a private kind of object: nobody knows what it says"
    if data_set.get("BurnedInAnnotation") == "YES":
        return "its pixels say who the patient is"
    return ""


def _is_clean(data_set: Dataset) -> bool:
    if data_set.get("BurnedInAnnotation") == "NO":
        return True
    return data_set.get("Modality", "") not in _PAINTED


def _clean(data_set: Dataset, secret: Secret, known: frozenset[str]) -> None:
    for element in list(data_set):
        if _is_removed(element):
            del data_set[element.tag]
            continue
        action = PROFILE.get(int(element.tag))
        if action is None:
            _clean_other(data_set, element, secret, known)
        elif action.is_shifted and element.VR in {"DA", "DT"}:
            element.value = [_shifted(str(one), secret) for one in _values(element)]
        elif action.code == REMOVE:
            del data_set[element.tag]
        elif element.VR == "SQ" and not element.keyword.endswith(_CODED):
            _clean_items(element, secret, known)
        else:
            element.value = _replaced(element, action.code, secret)


def _is_removed(element: DataElement) -> bool:
    group = element.tag.group
    return bool(
        group % 2 or 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF or element.VR == "UN"
    )


def _clean_other(
    data_set: Dataset, element: DataElement, secret: Secret, known: frozenset[str]
) -> None:
    """What the table does not name, and may hold an identifier all the same."""
    if element.VR == "SQ":
        _clean_items(element, secret, known)
    elif element.VR == "UI":
        element.value = _replaced(element, NEW_UID, secret)
    elif element.VR == "PN" or (
        isinstance(element.value, (str, MultiValue))
        and any(names_any(str(one), known) for one in _values(element))
    ):
        del data_set[element.tag]


def _clean_items(element: DataElement, secret: Secret, known: frozenset[str]) -> None:
    for item in element.value:
        _clean(item, secret, known)


def _replaced(element: DataElement, code: str, secret: Secret) -> object:
    if code == EMPTY:
        return None
    if element.VR == "UI":
        return [_new_uid(str(one), secret) for one in _values(element)]
    if element.VR == "SQ":
        return Sequence([_code(_WHO, _WHO, "99PLATEAU")])
    return _DUMMIES.get(element.VR, _WHO) if code == DUMMY else None


def _new_uid(original: str, secret: Secret) -> str:
    return original if _is_standard(original) else uid(original, secret)


def _is_standard(text: str) -> bool:
    return text.startswith(_STANDARD)


def _shifted(text: str, secret: Secret) -> str:
    """A date, or an instant of which the time of day is not kept, moved with all others."""
    try:
        day = datetime.strptime(text[:8], "%Y%m%d") + shift(secret)  # noqa: DTZ007 - a wall's date
    except (ValueError, OverflowError):
        return ""
    return f"{day:%Y%m%d}" if len(text) <= 8 else f"{day:%Y%m%d}000000"


def _sign(data_set: Dataset, secret: Secret) -> None:
    data_set.PatientID = data_set.PatientName = pseudonym(secret)
    data_set.PatientIdentityRemoved = "YES"
    data_set.DeidentificationMethod = _SAID
    data_set.DeidentificationMethodCodeSequence = [_code(*one, "DCM") for one in _METHODS]
    data_set.LongitudinalTemporalInformationModified = "MODIFIED"
    syntax = data_set.file_meta.TransferSyntaxUID
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = UID(syntax)
    data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    data_set.preamble = bytes(128)


def _texts(data_set: Dataset) -> Iterator[str]:
    for element in data_set.iterall():
        if isinstance(element.value, bytes):
            if not element.keyword.endswith("PixelData"):
                yield element.value.decode("latin-1")
        elif element.VR != "SQ":
            yield from (str(one) for one in _values(element))


def _values(element: DataElement) -> list[object]:
    if element.value is None or element.value == "":
        return []
    return list(element.value) if isinstance(element.value, MultiValue) else [element.value]


def _code(value: str, meaning: str, scheme: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
