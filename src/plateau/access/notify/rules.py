"""Where a message goes, when it is tried again, how it is signed: pure."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta

from plateau.access.notify.types import Channel, Choice, Contact, When
from plateau.kernel.errors import InvalidInputError, RuleBrokenError

KEPT_FOR = timedelta(hours=24)  # a message older than this tells nobody anything
LONGEST_DELAY = timedelta(minutes=5)
_DOUBLINGS = 16
_LONGEST_TEXT = 400
_SMS = 300
_EMAIL = re.compile(r"[^@\s<>,;:\\\"()\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


def channels(contact: Contact, choice: Choice, *, urgent: bool) -> list[Channel]:
    """Where something of a kind goes beside the pages, for somebody who is reached there."""
    wanted = (
        (Channel.EMAIL, contact.email, choice.email),
        (Channel.SMS, contact.phone, choice.sms),
    )
    return [
        channel
        for channel, address, when in wanted
        if address and (when == When.ALWAYS or (urgent and when == When.URGENT))
    ]


def retry_delay(failures: int, first: timedelta) -> timedelta:
    """How long to wait after so many failures in a row: doubles from `first`, up to 5 minutes."""
    if failures < 1:
        return timedelta(0)
    return min(first * 2 ** min(failures - 1, _DOUBLINGS), LONGEST_DELAY)


def require_sayable(text: str, told: Mapping[str, str], link: str) -> None:
    """A text is short and its places are filled, a link is a page of ours.

    Raises RuleBrokenError otherwise; KeyError, a bug, when a place has no value.
    """
    if not text.strip() or len(text.format_map(told)) > _LONGEST_TEXT:
        raise RuleBrokenError(
            "a notification needs a text of at most {most} characters", most=_LONGEST_TEXT
        )
    if not link.startswith("/") or link.startswith("//"):
        raise RuleBrokenError("a notification leads to a page of this service")


def contact(email: str, phone: str) -> Contact:
    """What was typed, as addresses; InvalidInputError tells everything that cannot be one."""
    mail, number = email.strip(), re.sub(r"[\s.()-]", "", phone)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    bad_mail = bool(mail) and (len(mail) > 254 or not _EMAIL.fullmatch(mail))
    bad_number = bool(number) and not _PHONE.fullmatch(number)
    if bad_mail and bad_number:
        raise InvalidInputError("neither the e-mail address nor the telephone number can be one")
    if bad_mail:
        raise InvalidInputError("this e-mail address cannot be one")
    if bad_number:
        raise InvalidInputError("a telephone number begins with + and its country: +33 6 …")
    return Contact(mail, number)


def signature(secret: str, at: int, body: bytes) -> str:
    """What the receiver of a webhook recomputes: it proves who sent this body, and when.

    Units: seconds since 1970.
    Source: RFC 2104 (HMAC) with SHA-256, over the time, a full stop and the body.
    """
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def short(text: str) -> str:
    """The text as one SMS, or two."""
    return text if len(text) <= _SMS else text[: _SMS - 1] + "…"
