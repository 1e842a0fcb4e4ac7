"""The territory of the Sarthe, loaded, and facts on its machines."""

from datetime import UTC, date, datetime
from pathlib import Path

from make import a_caller
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Fact
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Tx
from plateau.territory import file, service

FILE = Path(__file__).parents[2] / "territories" / "sarthe.toml"
AT = datetime(2026, 10, 1, 8, tzinfo=UTC)


def load(tx: Tx) -> None:
    parsed = file.parse(FILE.read_text("utf-8"), "sarthe.toml")
    service.load(tx, parsed, at=datetime(2026, 1, 2, tzinfo=UTC))


def person(tx: Tx, login: str) -> PersonId:
    return tx.value("select person_id from access.account where login = %(login)s", login=login)


def site(tx: Tx, code: str) -> SiteId:
    return tx.value("select site_id from territory.site where code = %(code)s", code=code)


def manager(tx: Tx, member: str) -> Caller:
    """The director of CHM or CJB."""
    who = person(tx, f"direction.{member.lower()}")
    return a_caller(who, site(tx, member), role=Role.MANAGER)


def sessions(member: str, n: int, month: int, kind: str = "session_held") -> list[Fact]:
    """So many sessions of a member, on the days of a month of 2026."""
    return [
        Fact(
            key=f"{kind}:{member}:{month}:{i}",
            kind=kind,
            happened_on=date(2026, month, 1 + i % 28),
            machine="TEP_1",
            session="TEP-1",
            session_member=member,
            reader_member=member,
            minutes=240,
        )
        for i in range(n)
    ]


def fees(member: str, n: int, month: int) -> list[Fact]:
    """So many fees made in sessions of a member."""
    return [
        Fact(
            key=f"fee:{member}:{month}:{i}",
            kind="fee",
            happened_on=date(2026, month, 1 + i % 28),
            exam_code="TEP-FDG",
            modality="PT",
            machine="TEP_1",
            session="TEP-1",
            session_member=member,
            reader_member=member,
            patient_member="CCS",
            minutes=30,
        )
        for i in range(n)
    ]


def fill(tx: Tx) -> None:
    """A third quarter that drifts: 60 sessions for 40, and its fees."""
    facts = [
        *sessions("CHM", 60, 8),
        *sessions("CJB", 40, 9),
        *sessions("CJB", 2, 9, kind="session_given_up"),
        *fees("CHM", 12, 8),
        *fees("CJB", 9, 9),
    ]
    ledger.append(tx, facts, at=AT)
