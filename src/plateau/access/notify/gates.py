"""Out to the world: one mail by SMTP, one SMS by a signed webhook.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 8314 (TLS from the first byte).
"""

import json
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from plateau.access.notify import rules, wording
from plateau.access.notify.types import Letter
from plateau.kernel.errors import InvalidInputError, UnavailableError
from plateau.platform.settings import Settings

_HERE = {"127.0.0.1", "::1", "localhost"}
_PORTS = {"smtp": 587, "smtps": 465}
_TAKEN = range(200, 300)


class AwayError(UnavailableError):
    """Nobody is there: nothing else need be tried on this channel for now."""


def email(settings: Settings, letter: Letter, *, at: datetime) -> None:
    """The mail server has taken the message.

    UnavailableError when it cannot now, InvalidInputError when it never will.
    """
    try:
        with _connected(settings) as server:
            server.send_message(_message(settings, letter, at=at))
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(min(code for code, _ in error.recipients.values())) from error
    except (smtplib.SMTPException, OSError) as error:
        raise AwayError(
            "the mail server cannot be reached: {reason}", reason=type(error).__name__
        ) from error


def _connected(settings: Settings) -> smtplib.SMTP:
    """A conversation with the mail server, enciphered unless it is on this machine."""
    url = urlsplit(settings.smtp_url or "")
    host, port, timeout_s = _host(url), url.port or _PORTS[url.scheme], settings.notify_timeout_s
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=timeout_s)
        if host not in _HERE:
            server.starttls(context=context)
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server


def _host(url: SplitResult) -> str:
    if url.scheme not in _PORTS or not url.hostname:
        raise UnavailableError("PLATEAU_SMTP_URL is no address of a mail server")
    return url.hostname


def _refused(code: int) -> UnavailableError | InvalidInputError:
    """What a reply code means for the message: 4xx may pass, 5xx never will."""
    if code < 500:
        return UnavailableError("the mail server asks to try later: {code}", code=code)
    return InvalidInputError("the mail server refuses the message: {code}", code=code)


def _message(settings: Settings, letter: Letter, *, at: datetime) -> EmailMessage:
    subject, body = wording.letter(letter, public_url=settings.public_url)
    message = EmailMessage()
    message["From"] = settings.smtp_from
    message["To"] = letter.address
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.delivery_id}@plateau>"  # the same on each attempt
    message["Auto-Submitted"] = "auto-generated"
    if letter.urgent:
        message["Importance"] = "high"
    message.set_content(body)
    return message


def sms(settings: Settings, letter: Letter, *, at: datetime) -> None:
    """The gateway has taken the message; it knows it again by its number.

    UnavailableError when it cannot now, InvalidInputError when it never will.
    """
    text = wording.sms(letter, public_url=settings.public_url)
    told = {"id": str(letter.delivery_id), "to": letter.address, "text": text}
    body = json.dumps(told, ensure_ascii=False).encode()
    seconds = int(at.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": str(letter.delivery_id),
        "X-Plateau-Time": str(seconds),
        "X-Plateau-Signature": rules.signature(settings.sms_webhook_secret, seconds, body),
    }
    try:
        answer = httpx.post(
            settings.sms_webhook_url or "",
            content=body,
            headers=headers,
            timeout=settings.notify_timeout_s,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise AwayError(
            "the SMS gateway cannot be reached: {reason}", reason=type(error).__name__
        ) from error
    if answer.status_code in {400, 404, 410, 422}:
        raise InvalidInputError(
            "the SMS gateway refuses the message: {code}", code=answer.status_code
        )
    if answer.status_code not in _TAKEN:
        raise UnavailableError("the SMS gateway asks to try later: {code}", code=answer.status_code)
