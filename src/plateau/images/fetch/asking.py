"""What another archive has: C-FIND of studies. Source: PS3.4, C.4.1."""

from collections.abc import Iterator

from pydicom.dataset import Dataset
from pynetdicom import build_context

from plateau.images.fetch.types import Found, Question
from plateau.images.peers import dialing
from plateau.images.peers.types import address_of
from plateau.kernel.errors import InvalidInputError, RuleBrokenError, UnavailableError
from plateau.platform.dimse import PENDING, TROUBLES
from plateau.territory.types import Peer

_STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
_ANSWER_S = 20.0
_MOST = 200
_KEYWORDS = (
    *("StudyInstanceUID", "PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "ModalitiesInStudy", "StudyDescription", "AccessionNumber"),
)


def studies(peer: Peer, question: Question, *, ours: str) -> list[Found]:
    """The studies there that match, some hundreds at most."""
    if question.is_empty:
        raise InvalidInputError("say what is looked for")
    asked = _identifier(question)
    with dialing.associated(
        address_of(peer), [build_context(_STUDY_ROOT)], ours=ours, answer_s=_ANSWER_S
    ) as association:
        try:
            answers = association.send_c_find(asked, _STUDY_ROOT)
            return list(_read(answers, peer))
        except (RuntimeError, ValueError) as error:
            raise UnavailableError("the association was cut") from error


def _read(answers: Iterator[tuple[Dataset, Dataset | None]], peer: Peer) -> Iterator[Found]:
    for place, (status, found) in enumerate(answers):
        code: int | None = status.get("Status")
        if code is None:
            raise UnavailableError("the association was cut")
        if code not in {0, PENDING, PENDING + 1}:
            raise RuleBrokenError("it answered with a failure ({status})", status=f"{code:04X}")
        if found is not None and place < _MOST:
            yield _found(found, peer)


def _identifier(question: Question) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.SpecificCharacterSet = "STUDY", "ISO_IR 192"
    for keyword in _KEYWORDS:
        setattr(asked, keyword, "")
    asked.PatientID = question.local_id
    asked.AccessionNumber = question.accession_number
    name = question.name.strip()
    asked.PatientName = name if not name or name.endswith("*") else f"{name}*"
    return asked


def _found(answer: Dataset, peer: Peer) -> Found:
    if peer.character_set and not answer.get("SpecificCharacterSet"):
        answer.SpecificCharacterSet = peer.character_set
    try:
        answer.decode()
        said = {keyword: _text(answer, keyword) for keyword in _KEYWORDS}
    except TROUBLES as error:
        raise RuleBrokenError("its answer cannot be understood") from error
    return Found(
        study_uid=said["StudyInstanceUID"],
        local_id=said["PatientID"],
        name=said["PatientName"],
        birth_date=said["PatientBirthDate"],
        sex=said["PatientSex"],
        day=said["StudyDate"],
        modalities=said["ModalitiesInStudy"],
        description=said["StudyDescription"],
        accession_number=said["AccessionNumber"],
    )


def _text(answer: Dataset, keyword: str) -> str:
    value = answer.get(keyword)
    if value is None:
        return ""
    many = value if isinstance(value, list) else [value]
    return ", ".join(str(one) for one in many).replace("\0", "").strip()
