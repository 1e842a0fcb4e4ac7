"""The words of a printed report, in the language of those who receive it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plateau.images.types import Dose
from plateau.kernel.merge_fields import Field
from plateau.reading.document import Chapter, Paper, Signed
from plateau.reading.list_types import Prior
from plateau.reading.types import Kind, Seal, Sections, SignedReport
from plateau.requests.types import ExamSheet
from plateau.web import formats
from plateau.web.language import gettext as _
from plateau.web.language import speaking

_LANGUAGE = "fr"  # of the territory: a report is read long after, by others than its author


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What a version says, what it is about, who signs it, and the versions it follows."""

    sheet: ExamSheet
    dose: Dose | None
    sections: Sections
    seal: Seal
    digest: str
    signer: tuple[str, str | None]  # name, and RPPS number if any
    earlier: Sequence[SignedReport]
    notices: Sequence[str] = ()  # what the patient has to be told


def paper(printed: Print) -> Paper:
    """The printed report: the version being signed, then those it follows, the latest first."""
    with speaking(_LANGUAGE):
        return _paper(printed)


def retraction() -> Sections:
    """What stands in place of a retracted report, for whoever received it."""
    with speaking(_LANGUAGE):
        text = _(
            "The report sent before for this exam is about somebody else. Do not use it: destroy "
            "its copies, and look again at whatever was decided from it. The exam is read again."
        )
        conclusion = _("Report retracted: it is about somebody else.")
    return Sections(indication="", technique="", result=text, conclusion=conclusion)


def heard() -> str:
    """How it is known that a recall is over."""
    with speaking(_LANGUAGE):
        return _("acknowledged by every system that had the report, and by whoever asked for it")


def merged_values(sheet: ExamSheet, dose: Dose | None, prior: Prior | None) -> dict[Field, str]:
    """What the merge fields of a text stand for; what is not known is left out."""
    with speaking(_LANGUAGE):
        made_at = sheet.exam.acquired_at or sheet.exam.complete_at or sheet.exam.planned_at
        values = {
            Field.AGE: formats.age(sheet.patient.birth_on, made_at),
            Field.SEX: sheet.patient.sex,
            Field.EXAM: sheet.exam_type.name,
            Field.DATE: formats.day(made_at),
            Field.ACCESSION: sheet.exam.accession_number,
            Field.SITE: sheet.site.name,
            Field.REQUESTER: sheet.requester_name,
            Field.PROTOCOL: sheet.exam.protocol,
            Field.DEVICE: _device(sheet),
            Field.DOSE: _measures(dose) if dose else "",
            Field.PRIOR: f"{prior.name} ({formats.day(prior.started_at)})" if prior else "",
        }
    return {field: value for field, value in values.items() if value}


def _paper(printed: Print) -> Paper:
    sheet, seal = printed.sheet, printed.seal
    own = _signed(
        (seal.kind, seal.number),
        seal.reason,
        printed.sections,
        _signature(seal.kind, printed.signer, seal.signed_at),
    )
    return Paper(
        place=f"{sheet.site.name} · {sheet.site.town}",
        title=_title(printed).format(exam=sheet.exam_type.name),
        patient=_patient(sheet),
        facts=[
            *(fact for fact in _facts(sheet, printed.dose) if fact[1]),
            *((_("To the patient"), notice) for notice in printed.notices),
        ],
        versions=[own, *(_earlier(version) for version in reversed(printed.earlier))],
        footer=_footer(printed),
        page=_("Page {page} of {pages}"),
    )


def _title(printed: Print) -> str:
    if printed.seal.kind is Kind.PRELIMINARY:
        return _("PRELIMINARY imaging report: {exam}")
    return _("Imaging report: {exam}")


def _patient(sheet: ExamSheet) -> str:
    patient = sheet.patient
    return _("{name} · born on {day} · {age} · sex {sex}").format(
        name=f"{patient.surname} {patient.first_name}",
        day=formats.day(patient.birth_on),
        age=formats.age(patient.birth_on, sheet.exam.planned_at),
        sex=patient.sex,
    )


def _facts(sheet: ExamSheet, dose: Dose | None) -> list[tuple[str, str]]:
    exam, request = sheet.exam, sheet.request
    made_at = exam.acquired_at or exam.complete_at or exam.planned_at
    return [
        (_("Local identifier"), f"{sheet.local_id or '—'} ({sheet.site.name})"),
        (_("Identity"), _status(sheet.patient.identity_status)),
        (_("Exam"), f"{sheet.exam_type.name} · {_instant(made_at)} · {exam.accession_number}"),
        (_("Requested by"), f"{sheet.requester_name} · {request.callback_phone}"),
        (_("Urgency"), exam.urgency),
        (_("Context"), request.context),
        (_("Question"), request.aim),
        (_("Justification"), _justification(sheet)),
        (_("Protocol"), exam.protocol),
        (_("Device"), _device(sheet)),
        (_("Dose"), _dose(dose)),
    ]


def _status(status: str) -> str:
    known = {
        "provisional": _("provisional identity"),
        "retrieved": _("retrieved identity"),
        "validated": _("validated identity"),
        "qualified": _("qualified identity"),
    }
    return known[status]


def _justification(sheet: ExamSheet) -> str:
    request, name = sheet.request, sheet.decided_by_name
    parts: list[str] = []
    if request.override_reason:
        reason = _("Life at stake, acquired before acceptance: {reason}")
        parts.append(reason.format(reason=request.override_reason))
    if name and request.decided_at:
        accepted = _("Accepted by {name} on {when}")
        parts.append(accepted.format(name=name, when=_instant(request.decided_at)))
    if request.decision_reason:
        parts.append(request.decision_reason)
    return "\n".join(parts) or _("not recorded")


def _device(sheet: ExamSheet) -> str:
    device = sheet.device
    made_by = " ".join(part for part in (device.manufacturer, device.model) if part)
    return " · ".join(part for part in (device.name, device.modality, made_by) if part)


def _dose(dose: Dose | None) -> str:
    """What the machine said, unit by unit; saying nothing is said too."""
    return (_measures(dose) if dose else "") or _("not communicated")


def _measures(dose: Dose) -> str:
    measures = (
        (_("CTDIvol {value} mGy"), dose.ctdi_vol_mgy),
        (_("DLP {value} mGy·cm"), dose.dlp_mgy_cm),
        (_("DAP {value} mGy·cm²"), dose.dap_mgy_cm2),
    )
    return " · ".join(
        text.format(value=formats.number(value, 1)) for text, value in measures if value is not None
    )


def _earlier(version: SignedReport) -> Signed:
    sections = Sections(
        indication=version.indication,
        technique=version.technique,
        result=version.result,
        conclusion=version.conclusion,
    )
    signer = (version.signer_name, version.signer_rpps)
    which = (Kind(version.kind), version.number)
    return _signed(which, version.reason, sections, _signature(which[0], signer, version.signed_at))


def _signed(which: tuple[Kind, int], reason: str, sections: Sections, signature: str) -> Signed:
    kind, number = which
    if kind is Kind.FINAL:
        title = _("Report, version {number}").format(number=number)
        return Signed(title=title, chapters=_chapters(sections), signature=signature)
    if kind is Kind.PRELIMINARY:
        title = _("PRELIMINARY, version {number}: not signed, may change").format(number=number)
        told = [Chapter(title=_("Told by telephone to"), text=reason)] if reason else []
        chapters = [*_chapters(sections), *told]
        return Signed(title=title, chapters=chapters, signature=signature)
    if kind is Kind.RETRACTION:
        title = _("Report retracted, version {number}: {reason}")
        chapters = [Chapter(title=_("Retraction"), text=sections.result, strong=True)]
        said = title.format(number=number, reason=reason)
        return Signed(title=said, chapters=chapters, signature=signature)
    title = _("Addendum, version {number}: {reason}").format(number=number, reason=reason)
    chapters = [
        Chapter(title=_("Addendum"), text=sections.result),
        Chapter(title=_("Conclusion"), text=sections.conclusion, strong=True),
    ]
    return Signed(title=title, chapters=chapters, signature=signature)


def _chapters(sections: Sections) -> list[Chapter]:
    chapters = [
        Chapter(title=_("Indication"), text=sections.indication),
        Chapter(title=_("Technique"), text=sections.technique),
        Chapter(title=_("Result"), text=sections.result),
        Chapter(title=_("Conclusion"), text=sections.conclusion, strong=True),
    ]
    return [chapter for chapter in chapters if chapter.text.strip()]


def _signature(kind: Kind, signer: tuple[str, str | None], at: datetime) -> str:
    name, rpps = signer
    who = _("{name}, RPPS {rpps}").format(name=name, rpps=rpps) if rpps else name
    if kind is Kind.PRELIMINARY:
        return _("Given by {who}, {when}; not signed").format(who=who, when=_instant(at))
    return _("Signed electronically in Plateau, not certified: {who}, {when}").format(
        who=who, when=_instant(at)
    )


def _footer(printed: Print) -> str:
    patient, exam = printed.sheet.patient, printed.sheet.exam
    first = _("{name} · {accession} · version {number}").format(
        name=f"{patient.surname} {patient.first_name}",
        accession=exam.accession_number,
        number=printed.seal.number,
    )
    if printed.seal.kind is Kind.PRELIMINARY:
        first = _("PRELIMINARY · {line}").format(line=first)
    return f"{first}\nSHA-256 {printed.digest}"


def _instant(at: datetime) -> str:
    """A date with its year, and the hour."""
    return f"{formats.day(at)} {formats.hour(at)}"
