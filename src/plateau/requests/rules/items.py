"""The nine minimum items of a request, and what is wrong with their answers."""

from collections.abc import Callable
from datetime import date

from plateau.kernel.urgency import Urgency
from plateau.requests.types import Draft, Item, Problem

PREGNANCY = ("no", "possible", "yes", "not_applicable", "unknown")
ALLERGY = ("no", "yes", "unknown")
RENAL = ("normal", "impaired", "unknown")
IMPLANT = ("no", "yes", "unknown")
SEXES = ("F", "M", "U")
LONGEST = 4000  # characters of an answer


def _(text: str) -> str:
    """Mark a sentence for translation; the page translates it."""
    return text


def _is_date(text: str) -> bool:
    return to_date(text) is not None


_CHECKS: tuple[tuple[Item, str, Callable[[Draft], bool], str], ...] = (
    (Item.ADMINISTRATIVE, "site_id", lambda d: d.site_id is not None,
     _("Choose the site that asks.")),
    (Item.ADMINISTRATIVE, "local_id", lambda d: bool(d.local_id.strip()),
     _("Give the patient's identifier at the site.")),
    (Item.ADMINISTRATIVE, "surname", lambda d: bool(d.surname.strip()),
     _("Give the patient's surname.")),
    (Item.ADMINISTRATIVE, "first_name", lambda d: bool(d.first_name.strip()),
     _("Give the patient's first name.")),
    (Item.ADMINISTRATIVE, "birth_on", lambda d: _is_date(d.birth_on),
     _("Give the patient's birth date, as day, month and year.")),
    (Item.ADMINISTRATIVE, "sex", lambda d: d.sex in SEXES,
     _("Say the patient's sex, or that it is not known.")),
    (Item.ADMINISTRATIVE, "callback_phone", lambda d: any(map(str.isdigit, d.callback_phone)),
     _("Give a telephone number where the reader can call you.")),
    (Item.CONTEXT, "context", lambda d: bool(d.context.strip()),
     _("Describe the clinical context.")),
    (Item.AIM, "aim", lambda d: bool(d.aim.strip()),
     _("Say what the exam must answer.")),
    (Item.REGION, "region", lambda d: bool(d.region.strip()),
     _("Name the region to examine.")),
    (Item.RISKS, "risks", lambda d: bool(d.risks.strip()),
     _("List risks and contraindications, or write that there are none.")),
    (Item.RISKS, "pregnancy", lambda d: d.pregnancy in PREGNANCY,
     _("Answer about pregnancy.")),
    (Item.RISKS, "allergy", lambda d: d.allergy in ALLERGY,
     _("Answer about allergy to contrast media.")),
    (Item.RISKS, "renal", lambda d: d.renal in RENAL,
     _("Answer about kidney function.")),
    (Item.RISKS, "implant", lambda d: d.implant in IMPLANT,
     _("Answer about implants and devices.")),
    (Item.EARLIER, "earlier", lambda d: bool(d.earlier.strip()),
     _("List earlier exams and biology, or write that there are none.")),
    (Item.TECHNIQUE, "exam_code", lambda d: bool(d.exam_code),
     _("Choose an exam.")),
    (Item.TECHNIQUE, "technique", lambda d: bool(d.technique.strip()),
     _("Say which technique you wish.")),
    (Item.DELAY, "urgency", lambda d: d.urgency in list(Urgency),
     _("Choose an urgency.")),
    (Item.DELAY, "wished_delay", lambda d: bool(d.wished_delay.strip()),
     _("Say when the exam is needed.")),
    (Item.INFORMED, "informed", lambda d: d.informed,
     _("Confirm that the patient was informed and consents, or could not be asked.")),
)  # fmt: skip
TOO_LONG = _("Shorten this answer: 4000 characters at most.")
BORN_LATER = _("This birth date is in the future.")
UNKNOWN_EXAM = _("This exam does not exist, or is no longer offered: choose another one.")
NO_MACHINE = _("No machine of this site makes this exam: choose another one.")
NOT_YOUR_SITE = _("You do not ask for this site: choose another one.")
OTHER_PATIENT = _("The site gave this identifier to somebody with other traits: check both.")
UNUSABLE_NAME = _("Write surname and first name with letters.")
ITEM_OF = {field: item for item, field, _holds, _text in _CHECKS}


def missing(draft: Draft) -> list[Problem]:
    """Every field left unanswered, or answered with something else than an answer."""
    return [Problem(item, field, text) for item, field, holds, text in _CHECKS if not holds(draft)]


def missing_items(draft: Draft) -> list[Item]:
    """Those of the nine minimum items that lack an answer, in their order."""
    lacking = {problem.item for problem in missing(draft)}
    return [item for item in Item if item in lacking]


def excesses(draft: Draft, *, today: date) -> list[Problem]:
    """The answers that are there but cannot be taken."""
    texts = {field: getattr(draft, field) for field in ITEM_OF}
    found = [
        problem(field, TOO_LONG)
        for field, text in texts.items()
        if isinstance(text, str) and len(text) > LONGEST
    ]
    born = to_date(draft.birth_on)
    return [*found, problem("birth_on", BORN_LATER)] if born and born > today else found


def problem(field: str, text: str) -> Problem:
    """A problem with a field, under the item it belongs to."""
    return Problem(ITEM_OF[field], field, text)


def to_date(text: str) -> date | None:
    """A date as browsers send it (2026-11-23) or as people type it (23/11/2026)."""
    parts = text.strip().split("/")
    try:
        return date.fromisoformat("-".join(reversed(parts)) if len(parts) == 3 else text.strip())
    except ValueError:
        return None
