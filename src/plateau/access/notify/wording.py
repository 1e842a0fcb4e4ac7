"""What a notification says, in somebody's language, and the words of kinds and channels."""

from collections.abc import Mapping
from datetime import datetime

from plateau.access.notify import rules
from plateau.access.notify.types import Letter
from plateau.web import formats, language


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


KINDS = {
    "escalation": _("An exam waits and nobody reads it"),
    "critical": _("A critical result"),
    "loop": _("Something promised is overdue"),
    "second": _("A second reading, a discordance"),
    "opinion": _("An opinion is asked or given"),
    "question": _("A problem with an exam"),
    "report": _("A report was recalled, withdrawn or completed"),
    "ai": _("A drafting model was switched off"),
    "planning": _("Rosters, swaps and replacements"),
    "activity": _("Counters and yearly reports"),
}
OTHER = _("Anything else")
CHANNELS = {"email": _("e-mail"), "sms": _("SMS")}


def kind(name: str) -> str:
    """What a kind of notification is called."""
    return language.gettext(KINDS.get(name, OTHER))


def channel(name: str) -> str:
    """What a channel is called."""
    return language.gettext(CHANNELS[name])


def sentence(text: str, told: Mapping[str, str]) -> str:
    """A notification as people read it: translated, then filled in."""
    instants = {
        name: formats.clock(datetime.fromisoformat(value))
        for name, value in told.items()
        if name.endswith("_at") and value
    }
    return language.gettext(text).format_map({**formats.dated(told), **instants})


def letter(sent: Letter, *, public_url: str) -> tuple[str, str]:
    """The subject and the body of a message, in the language of whoever gets it."""
    with language.speaking(sent.language):
        said = sentence(sent.text, sent.told)
        hint = language.gettext("This message says nothing about a patient, on purpose.")
        where = f"{public_url.rstrip('/')}{sent.link}" if public_url else ""
        urgent = language.gettext("Urgent") if sent.urgent else ""
    subject = f"Plateau – {urgent}: {said}" if urgent else f"Plateau – {said}"
    return rules.short(subject), "\n\n".join(part for part in (said, where, hint) if part) + "\n"


def sms(sent: Letter, *, public_url: str) -> str:
    """The text of an SMS, in the language of whoever gets it."""
    with language.speaking(sent.language):
        said = sentence(sent.text, sent.told)
    where = f" {public_url.rstrip('/')}{sent.link}" if public_url else ""
    return rules.short(f"Plateau: {said}{where}")
