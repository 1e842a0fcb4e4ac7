"""What is answered to a store request (PS3.18, 10.5.3 and annex I)."""

from collections.abc import Sequence

from plateau.images.quota.types import OverQuotaError
from plateau.images.stow.types import Elements, OtherStudyError, Outcome, TooLargeError
from plateau.images.types import Header
from plateau.kernel.errors import PlateauError, UnavailableError
from plateau.platform.dimse import status_of

_REASONS: dict[type[PlateauError], int] = {
    OtherStudyError: 0xA901,  # does not match. PS3.18, I.2.2
    TooLargeError: 0xA700,  # out of resources
    OverQuotaError: 0xA700,
}
_ALL_KEPT, _SOME_KEPT, _NONE_KEPT, _LATER, _NO_ROOM = 200, 202, 409, 503, 507


def status(outcomes: Sequence[Outcome]) -> int:
    """The status for what became of all the instances of a request."""
    errors = [one.error for one in outcomes if one.error]
    if not errors:
        return _ALL_KEPT
    if len(errors) < len(outcomes):
        return _SOME_KEPT
    if all(isinstance(error, OverQuotaError) for error in errors):
        return _NO_ROOM
    is_down = all(isinstance(error, UnavailableError) for error in errors)
    return _LATER if is_down else _NONE_KEPT


def body(outcomes: Sequence[Outcome], root: str) -> Elements:
    """What was kept and what was not, with the reasons; `root` is the address of the service."""
    kept = [one.found for one in outcomes if one.found and not one.error]
    failed = [(one.found, one.error) for one in outcomes if one.found and one.error]
    other = [one.error for one in outcomes if one.error and not one.found]
    studies = {found.study_uid for found in kept}
    sequences = {
        "00081198": [{**_reference(found), **_reason(error)} for found, error in failed],
        "00081199": [{**_reference(found), **_address(found, root)} for found in kept],
        "0008119A": [_reason(error) for error in other],
    }
    said: dict[str, object] = {
        tag: {"vr": "SQ", "Value": items} for tag, items in sequences.items() if items
    }
    if len(studies) == 1:
        said["00081190"] = {"vr": "UR", "Value": [f"{root}/studies/{studies.pop()}"]}
    return said


def _reference(found: Header) -> Elements:
    return {
        "00081150": {"vr": "UI", "Value": [found.sop_class_uid]},
        "00081155": {"vr": "UI", "Value": [found.sop_instance_uid]},
    }


def _reason(error: PlateauError) -> Elements:
    reason = _REASONS.get(type(error), status_of(error))
    return {"00081197": {"vr": "US", "Value": [reason]}}


def _address(found: Header, root: str) -> Elements:
    path = (
        f"{root}/studies/{found.study_uid}/series/{found.series_uid}"
        f"/instances/{found.sop_instance_uid}"
    )
    return {"00081190": {"vr": "UR", "Value": [path]}}
