"""The mail server and the SMS gateway of the world around, as they answer on the wire."""

import hashlib
import hmac
import json
import smtplib
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from outside import mail, sms
from outside.sms import Gateway

SECRET = "invented secret"


def test_mail_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    with mail.serve(tmp_path, 0) as port, smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@example.test", ["b@example.test"], "Subject: x\r\n\r\n.dot\r\nend\r\n")
        (tmp_path / "mode").write_text("later")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@example.test", ["b@example.test"], "again")
    assert [file.read_bytes() for file in tmp_path.glob("*.eml")] == [
        b"Subject: x\r\n\r\n.dot\r\nend\r\n"
    ]


def post(port: int, body: bytes, at: int, secret: str = SECRET) -> int:
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Plateau-Time": str(at), "X-Plateau-Signature": signed}
    return httpx.post(f"http://127.0.0.1:{port}/", content=body, headers=headers).status_code


def test_only_who_knows_the_secret_sends_an_sms_and_only_once(tmp_path: Path) -> None:
    now = int(time.time())
    body = json.dumps({"id": str(uuid4()), "to": "+33600000000", "text": "x"}).encode()
    with sms.serve(Gateway(inbox=tmp_path, secret=SECRET), 0) as port:
        assert post(port, body, now, "another") == 401
        assert post(port, body, now - 3600) == 401
        assert post(port, b"{}", now) == 400
        assert post(port, body, now) == 202
        assert post(port, body, now) == 202
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert len((tmp_path / "again").read_text().splitlines()) == 1
