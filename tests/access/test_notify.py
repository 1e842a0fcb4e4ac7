"""Telling people things: on their pages, by mail and SMS, whatever happens to the gateways."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT, a_caller, a_person, a_site
from plateau.access.notify import carrier, rules, service
from plateau.access.notify.types import Channel, Choice, Contact, When
from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.platform import clock
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings

SECRET = "invented secret"
HOUR = timedelta(hours=1)


@given(st.integers(0, 60), st.integers(1, 60_000))
def test_delays_grow_up_to_five_minutes(failures: int, first_ms: int) -> None:
    first = timedelta(milliseconds=first_ms)
    delay = rules.retry_delay(failures, first)
    assert timedelta(0) <= delay <= rules.LONGEST_DELAY
    assert delay <= rules.retry_delay(failures + 1, first)


@given(
    st.sampled_from(["", "a@example.test"]),
    st.sampled_from(["", "+33600000000"]),
    st.sampled_from(list(When)),
    st.sampled_from(list(When)),
    st.booleans(),
)
def test_a_channel_is_used_only_where_somebody_is_reached_and_wants_it(
    email: str, phone: str, by_email: When, by_sms: When, urgent: bool
) -> None:
    found = rules.channels(Contact(email, phone), Choice("x", by_email, by_sms), urgent=urgent)
    plain = rules.channels(Contact(email, phone), Choice("x", by_email, by_sms), urgent=False)
    assert set(plain) <= set(found) or not urgent
    assert (Channel.EMAIL in found) == bool(
        email and by_email != When.NEVER and (urgent or by_email == When.ALWAYS)
    )
    assert (Channel.SMS in found) == bool(
        phone and by_sms != When.NEVER and (urgent or by_sms == When.ALWAYS)
    )


@pytest.mark.parametrize(
    ("email", "phone"),
    [
        ("nobody", ""),
        ("a@b\r\nBcc: c@example.test", ""),
        ("", "0600000000"),
        ("x", "y"),
        ("a@example.test" + "t" * 250, ""),
    ],
)
def test_what_is_no_address_is_refused(email: str, phone: str) -> None:
    with pytest.raises(InvalidInputError):
        rules.contact(email, phone)


def test_a_number_is_kept_as_the_world_writes_it() -> None:
    assert rules.contact(" a@example.test ", "0033 6 00 00 00 00").phone == "+33600000000"


def ada(tx: Tx) -> Caller:
    """Somebody reached by mail and by SMS."""
    caller = a_caller(a_person(tx, "ada", "Dr Ada Exemple"), a_site(tx))
    service.choose(tx, caller, Contact("ada@example.test", "+33600000000"), [])
    return caller


def tell(tx: Tx, caller: Caller, n: int = 1, *, urgent: bool = True) -> None:
    service.tell(
        tx,
        person_id=caller.person_id,
        kind="escalation",
        text="an exam waits: {n}",
        values={"n": n},
        at=NIGHT,
        urgent=urgent,
        key=f"exam:{n}",
    )


def test_what_is_told_twice_under_a_key_is_told_once(tx: Tx) -> None:
    caller = ada(tx)
    tell(tx, caller)
    tell(tx, caller)
    assert service.unseen(tx, caller) == 1


def test_only_whom_it_was_told_sees_it(tx: Tx) -> None:
    caller = ada(tx)
    tell(tx, caller)
    other = a_caller(a_person(tx, "bob", "Dr Bob Exemple"), a_site(tx, "AUTRE"))
    assert service.mine(tx, other) == []
    number = service.mine(tx, caller)[0].notification_id
    with pytest.raises(NotFoundError):
        service.see(tx, other, number, at=NIGHT)
    service.see(tx, caller, number, at=NIGHT)
    assert service.unseen(tx, caller) == 0


def test_a_notification_leads_to_a_page_of_ours(tx: Tx) -> None:
    caller = ada(tx)
    for link in ("https://example.test", "//example.test"):
        with pytest.raises(RuleBrokenError):
            service.tell(
                tx, person_id=caller.person_id, kind="x", text="x", values={}, link=link, at=NIGHT
            )


class World:
    """The mail server and the SMS gateway, each a process that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.mail = folder / "mail"
        self.sms = folder / "sms"
        self.ports = (_free_port(), _free_port())

    @property
    def settings(self) -> Settings:
        """How Plateau reaches them."""
        return Settings(
            smtp_url=f"smtp://127.0.0.1:{self.ports[0]}",
            sms_webhook_url=f"http://127.0.0.1:{self.ports[1]}/sms",
            sms_webhook_secret=SECRET,
            public_url="https://plateau.example.test",
            notify_timeout_s=5,
        )

    @contextmanager
    def up(self) -> Generator[None, None, None]:
        """Both answer inside the block, and are killed at its end."""
        commands = (
            ["outside.mail", "--port", str(self.ports[0]), "--inbox", str(self.mail)],
            ["outside.sms", "--port", str(self.ports[1]), "--inbox", str(self.sms),
             "--secret", SECRET, "--any-time"],
        )  # fmt: skip
        running = [subprocess.Popen([sys.executable, "-m", *one]) for one in commands]
        try:
            for port in self.ports:
                _wait_for(lambda port=port: _answers(port))
            yield
        finally:
            for process in running:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()

    def mails(self) -> list[str]:
        """The subjects received, in their order."""
        files = sorted(self.mail.glob("*.eml"))
        return [
            message_from_bytes(file.read_bytes(), policy=policy.default)["Subject"]
            for file in files
        ]

    def texts(self) -> list[str]:
        """The SMS received."""
        return sorted(json.loads(file.read_text())["text"] for file in self.sms.glob("*.json"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def sweep(db: Db, world: World, since: datetime, until: datetime) -> int:
    """Carry every five seconds from one instant to another; how many attempts that took."""
    attempts, wall = 0, since
    while wall < until:
        attempts += carrier.carry_due(db, world.settings, wall=wall)
        wall += timedelta(seconds=5)
    return attempts


def test_notification_gateway_down_for_an_hour(db: Db, world: World) -> None:
    with db.begin() as tx:
        caller = ada(tx)
        for n in range(3):
            tell(tx, caller, n)
    start = clock.wall() + timedelta(seconds=1)
    attempts = sweep(db, world, start, start + HOUR)
    assert 10 < attempts < 120  # tried now and then, not all the time
    with db.begin() as tx:
        assert [row.waiting for row in service.mine(tx, caller)] == [["email", "sms"]] * 3
    with world.up():
        sweep(db, world, start + HOUR, start + HOUR + timedelta(minutes=11))
        assert carrier.carry_due(db, world.settings, wall=start + 3 * HOUR) == 0
    assert sorted(world.mails()) == [f"Plateau – Urgent: an exam waits: {n}" for n in range(3)]
    assert len(world.texts()) == 3
    assert not (world.sms / "again").exists()
    with db.begin() as tx:
        assert [row.sent for row in service.mine(tx, caller)] == [["email", "sms"]] * 3


def test_a_lost_answer_sends_the_same_number_again_which_the_gateway_knows(
    db: Db, world: World
) -> None:
    with db.begin() as tx:
        caller = ada(tx)
        tell(tx, caller)
    wall = clock.wall() + timedelta(seconds=1)
    world.sms.mkdir()
    (world.sms / "mode").write_text("deaf")
    with world.up():
        carrier.carry_due(db, world.settings, wall=wall)
        (world.sms / "mode").write_text("ok")
        carrier.carry_due(db, world.settings, wall=wall + HOUR)
    assert len(world.texts()) == 1
    assert len((world.sms / "again").read_text().splitlines()) == 1


def test_a_carrier_that_dies_between_sending_and_writing_loses_nothing(
    db: Db, world: World
) -> None:
    """What it held is free again once its claim has run out."""
    with db.begin() as tx:
        tell(tx, ada(tx))
        tx.run("update access.notification_delivery set claimed_until = %(at)s",
               at=clock.wall() + timedelta(seconds=60))  # fmt: skip
    with world.up():
        assert carrier.carry_due(db, world.settings, wall=clock.wall()) == 0
        assert carrier.carry_due(db, world.settings, wall=clock.wall() + HOUR) == 2
    assert len(world.texts()) == 1


def test_one_refused_address_does_not_hold_up_the_others(db: Db, world: World) -> None:
    with db.begin() as tx:
        tell(tx, ada(tx))
    world.mail.mkdir()
    (world.mail / "mode").write_text("never")
    wall = clock.wall() + timedelta(seconds=1)
    with world.up():
        assert carrier.carry_due(db, world.settings, wall=wall) == 2
        assert carrier.carry_due(db, world.settings, wall=wall + HOUR) == 0
    with db.begin() as tx:
        assert tx.value(
            "select last_error from access.notification_delivery where channel = 'email'"
        ).endswith("550")
    assert len(world.texts()) == 1


def test_what_was_seen_on_a_page_is_not_sent_any_more(db: Db, world: World) -> None:
    with db.begin() as tx:
        caller = ada(tx)
        tell(tx, caller)
        service.see(tx, caller, None, at=NIGHT)
    with world.up():
        assert carrier.carry_due(db, world.settings, wall=clock.wall() + HOUR) == 0


def test_a_message_a_day_old_is_given_up(db: Db, world: World) -> None:
    with db.begin() as tx:
        caller = ada(tx)
        tell(tx, caller)
    later = clock.wall() + 25 * HOUR
    assert carrier.carry_due(db, world.settings, wall=later) == 0
    with db.begin() as tx:
        assert service.mine(tx, caller)[0].failed == ["email", "sms"]


def test_messages_speak_the_language_of_who_gets_them_and_lead_back(db: Db, world: World) -> None:
    with db.begin() as tx:
        caller = ada(tx)
        tx.run("update access.account set language = 'en'")
        service.tell(
            tx,
            person_id=caller.person_id,
            kind="x",
            text="since {since_at}",
            values={"since_at": NIGHT},
            link="/control",
            at=NIGHT,
        )
    with world.up():
        assert carrier.carry_due(db, world.settings, wall=clock.wall() + HOUR) == 1
    mail = message_from_bytes(next(world.mail.glob("*.eml")).read_bytes(), policy=policy.default)
    assert mail["To"] == "ada@example.test"
    assert "T" not in mail["Subject"].removeprefix("Plateau – since")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "https://plateau.example.test/control" in body.get_content()
