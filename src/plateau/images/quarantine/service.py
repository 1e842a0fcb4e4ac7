"""Bytes that came under a stored UID with other content: held until a person decides."""

from datetime import datetime
from io import BytesIO
from uuid import NAMESPACE_OID, uuid5

from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import service
from plateau.images.formats import header
from plateau.images.quarantine import queries
from plateau.images.quarantine.types import Decision, Difference, Held
from plateau.images.types import Arrival, Origin
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import SiteId
from plateau.kernel.time import local
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx

KEEPERS = (Role.ADMINISTRATOR, Role.TECHNOLOGIST)
KEPT_OLD, REPLACED, DISCARDED = "kept_old", "replaced", "discarded"
_COMPARED = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription"),
    *("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality"),
    *("InstanceNumber", "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime"),
    *("SOPClassUID", "Manufacturer", "StationName", "ImagePositionPatient"),
    *("Rows", "Columns", "NumberOfFrames", "BitsStored"),
)


def hold(
    tx: Tx, blobs: Blobs, *, content: bytes, origin: Origin, reason: str, at: datetime
) -> int | None:
    """A file that came under the UID of another is kept aside; None when it is the stored one."""
    found = header.read(content)
    one = Arrival(found, blobs.put(content), len(content), origin)
    return hold_arrival(tx, one, reason=reason, at=at)


def hold_arrival(tx: Tx, one: Arrival, *, reason: str, at: datetime) -> int | None:
    """The same, of bytes that are durable already."""
    held = queries.hold(tx, one, reason=reason, at=at, on=local(at).date())
    if held is not None:
        tx.touch("images")
    return held


def listed(tx: Tx, caller: Caller, *, is_open: bool, now: datetime) -> list[Held]:
    """What is held at the sites that the caller keeps."""
    found = queries.held(tx, sites=_sites(caller), is_open=is_open)
    seen = Access(action="images.quarantine.list", subject="quarantine")
    access.record(tx, caller, seen, at=now)
    return found


def waiting(tx: Tx, caller: Caller) -> int:
    """How many wait for the caller's decision."""
    return queries.count_open(tx, sites=caller.sites_as(*KEEPERS))


def opened(tx: Tx, caller: Caller, quarantine_id: int, now: datetime) -> Held:
    """One of them, with a line of audit: its attributes name a patient."""
    held = _one(tx, caller, quarantine_id)
    _record(tx, caller, held, "images.quarantine.view", at=now)
    return held


def compare(blobs: Blobs, held: Held, caller: Caller) -> tuple[list[Difference], bool | None]:
    """Attributes side by side, and whether pixels are the same (None: there are none).

    What is stored at a site that the caller does not keep is not shown.
    """
    sent = _parse(blobs.get(held.blob_key))
    if held.study_site_id not in caller.sites_as(*KEEPERS):
        return [Difference(name=n, kept=None, sent=_text(sent, n)) for n in _COMPARED], None
    kept = _parse(blobs.get(held.kept_key))
    rows = [Difference(name=n, kept=_text(kept, n), sent=_text(sent, n)) for n in _COMPARED]
    pixels = (kept.get("PixelData"), sent.get("PixelData"))
    is_same = pixels[0] == pixels[1] if any(pixels) else None
    return [row for row in rows if row.kept is not None or row.sent is not None], is_same


def resolve(
    tx: Tx, blobs: Blobs, caller: Caller, quarantine_id: int, *, decision: Decision, now: datetime
) -> None:
    """A person has decided, and said why; ConflictError when somebody was first.

    `kept_old`: what is stored is right, and what came stays here as evidence. `discarded`: what
    came is worth nothing. `replaced`: what came is stored beside it, as an instance with a UID of
    its own.
    """
    held = _one(tx, caller, quarantine_id)
    state, reason = decision.state, decision.reason.strip()
    if state not in {KEPT_OLD, REPLACED, DISCARDED}:
        raise InvalidInputError("choose what becomes of it")
    if not reason:
        raise InvalidInputError("say why: it is kept with the decision")
    decided = queries.decide(
        tx, quarantine_id, state=state, by=caller.person_id, reason=reason, at=now
    )
    if not decided:
        raise ConflictError("somebody has already decided")
    if state == REPLACED:
        queries.set_new_uid(tx, quarantine_id, _accept(tx, blobs, held, now))
    _record(tx, caller, held, f"images.quarantine.{state}", at=now, reason=reason)
    tx.touch("images")


def reopen(tx: Tx, caller: Caller, quarantine_id: int, now: datetime) -> None:
    """Take a decision back; not that which stored an instance."""
    held = _one(tx, caller, quarantine_id)
    if not queries.reopen(tx, quarantine_id):
        raise ConflictError("this decision cannot be taken back")
    _record(tx, caller, held, "images.quarantine.reopen", at=now)
    tx.touch("images")


def _accept(tx: Tx, blobs: Blobs, held: Held, now: datetime) -> str:
    """Store what came under a UID derived from its bytes; those that came stay as they are."""
    uid = f"2.25.{uuid5(NAMESPACE_OID, held.blob_key).int}"
    data_set = dcmread(BytesIO(blobs.get(held.blob_key)))
    data_set.SOPInstanceUID = uid
    data_set.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    copy = BytesIO()
    data_set.save_as(copy, enforce_file_format=True)
    origin = Origin(ae_title=held.ae_title, address="quarantine", protocol="quarantine")
    service.receive(tx, blobs, content=copy.getvalue(), origin=origin, now=now)
    return uid


def _one(tx: Tx, caller: Caller, quarantine_id: int) -> Held:
    found = queries.held(tx, sites=_sites(caller), is_open=True, quarantine_id=quarantine_id)
    if not found:
        raise NotFoundError("nothing is held under this number")
    return found[0]


def _sites(caller: Caller) -> frozenset[SiteId]:
    sites = caller.sites_as(*KEEPERS)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return sites


def _record(
    tx: Tx, caller: Caller, held: Held, action: str, *, at: datetime, reason: str | None = None
) -> None:
    done = Access(
        action=action,
        subject=f"quarantine:{held.quarantine_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
        reason=reason,
    )
    access.record(tx, caller, done, at=at)


def _parse(content: bytes) -> FileDataset:
    return dcmread(BytesIO(content), force=True)


def _text(data_set: FileDataset, keyword: str) -> str | None:
    value = data_set.get(keyword)
    return None if value is None else str(value)
