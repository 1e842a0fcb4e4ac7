"""A region-year of the ledger: proving it, a counter, a statement, a closing.

`ARGS="400000"` measures with fewer entries than four million.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from harness import Result, Target, median_of, report, seconds
from plateau.access import service as access
from plateau.activity.agreements import service as agreements
from plateau.activity.counter import rules as counting
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Fact
from plateau.activity.settlement import service as settlement
from plateau.entry import http, territory_file
from plateau.kernel.caller import Caller
from plateau.kernel.ids import ExamId
from plateau.platform import runtime
from plateau.platform.blobs import open_folder
from plateau.platform.db import Db, open_pool
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate
from plateau.platform.settings import Settings
from plateau.territory import rows
from plateau.territory import service as territory

_ENTRIES = 4_000_000
_BATCH = 20_000
_SHARED = ("TEP_1", "TEP_2", "GAMMA_1", "GAMMA_2", "GAMMA_3", "GAMMA_4")
_MACHINES = (*_SHARED, *(f"AUTRE_{n}" for n in range(54)))  # a region has sixty of them
_YEAR, _NOW = date(2026, 1, 1), datetime(2027, 1, 10, tzinfo=UTC)
_KINDS = ("reading", "reading", "fee", "session_held")
_FILE = Path(__file__).resolve().parents[1] / "territories" / "sarthe.toml"
_Q = "2026-07-01"
_READ: dict[str, Any] = {
    "version_id": UUID(int=1),
    "urgency": "U3",
    "site_id": rows.site_id("MN"),
    "member_id": rows.member_id("CCS"),
    "reader_id": rows.person_id("AVENTURE"),
    "complete_at": datetime(2026, 7, 1, 8, 0, 0, 123456, tzinfo=UTC),
    "signed_at": datetime(2026, 7, 1, 9, tzinfo=UTC),
}


def facts(entries: int) -> Iterator[list[Fact]]:
    """A year of facts, spread over its days and the machines."""
    batch: list[Fact] = []
    for n in range(entries):
        machine, kind = _MACHINES[n % 60], _KINDS[n // 60 % 4]
        if machine.startswith("GAMMA") and kind == "fee":
            kind = "reading"  # a gamma camera makes no technical fee
        one, other = ("CHM", "CJB") if n % 7 < 4 else ("CJB", "CHM")
        batch.append(
            Fact(
                key=f"{kind}:{n}",
                kind=kind,
                happened_on=_YEAR + timedelta(days=n * 365 // entries),
                exam_id=ExamId(UUID(int=n)),
                exam_code="TEP-FDG",
                modality="PT",
                machine=machine,
                session="VACATION",
                reader_member=one,
                session_member=other if n % 11 == 0 else one,
                patient_member="CCS",
                minutes=30,
                **(_READ if kind == "reading" else {}),
            )
        )
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def main() -> None:
    """Fill a ledger, then measure."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else _ENTRIES
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(folder=Path(folder) / "pg", options=["fsync=off"])
        url = server.start()
        migrate(url)
        try:
            with open_pool(url) as pool:
                db = Db(pool, lambda _: None)
                report("ledger", measured(db, url, Path(folder), entries))
        finally:
            server.stop()


def measured(db: Db, url: str, folder: Path, entries: int) -> list[Result]:
    """Every figure, the filling first."""
    with db.begin() as tx:
        territory.load(tx, territory_file.read(_FILE), at=datetime(2026, 1, 2, tzinfo=UTC))
    started = time.perf_counter()
    for batch in facts(entries):
        with db.begin() as tx:
            ledger.append(tx, batch, at=_NOW)
    filling = entries / (time.perf_counter() - started)
    with db.begin() as tx:
        tx.run("analyze activity.entry, activity.daily")
    name = f"{entries} entries"
    rate = entries / median_of(3, lambda: seconds(lambda: _verified(db)))
    page, pdf = _pages(db, url, folder)
    closing, again = _closed(db)
    return [
        Result(name=f"append, {name}", value=filling, unit="entries/s"),
        Result(name=f"ledger verify, {name}", value=rate, unit="entries/s",
               target=Target(bound=200_000, better="higher")),
        Result(name=f"counter page, {name}", value=page, unit="ms", target=Target(bound=200)),
        Result(name=f"quarterly statement of a member as PDF, {name}", value=pdf, unit="s",
               target=Target(bound=5)),
        Result(name=f"close a quarter, {name}", value=closing, unit="s"),
        Result(name=f"close it again, {name}", value=again, unit="s"),
    ]  # fmt: skip


def _verified(db: Db) -> None:
    with db.begin() as tx:
        assert not ledger.verify(tx).faults


def _pages(db: Db, url: str, folder: Path) -> tuple[float, float]:
    """Milliseconds of the page of a counter, seconds of the statement of a member."""
    caller = _manager(db, "DIR-CHM")
    settings = Settings(database_url=url, data_dir=folder)
    app = http.build(runtime.Runtime(db, open_folder(folder / "blobs"), settings), lambda _: caller)
    client = TestClient(app)

    def got(path: str) -> None:
        assert client.get(path).status_code == 200

    got("/counters/MN-50-50")  # templates are compiled once
    page = median_of(9, lambda: seconds(lambda: got(f"/counters/MN-50-50?on={_Q}")))
    path = f"/statements/MN-50-50/file.pdf?on={_Q}&member=CHM"
    return 1000 * page, median_of(3, lambda: seconds(lambda: got(path)))


def _closed(db: Db) -> tuple[float, float]:
    """Seconds to close the third quarter, and to close it again; the two before are closed."""
    signers = {"CHM": _manager(db, "DIR-CHM"), "CJB": _manager(db, "DIR-CJB")}
    times: list[float] = []
    with db.begin() as tx:
        (agreement,) = agreements.agreements(tx)
    for month in (1, 4, 7):
        span = counting.span_of(agreement, on=date(2026, month, 1))
        with db.begin() as tx:
            settlement.check(tx, signers["CHM"], agreement, span, at=_NOW)
            for member, caller in signers.items():
                settlement.sign(tx, caller, agreement, span, member=member, at=_NOW)
        for _again in range(2):
            with db.begin() as tx:
                started = time.perf_counter()
                settlement.close(tx, signers["CHM"], agreement, span, at=_NOW)
                times.append(time.perf_counter() - started)
    return times[-2], times[-1]


def _manager(db: Db, code: str) -> Caller:
    person_id = rows.person_id(code)
    with db.begin() as tx:
        roles = access.roles_of(tx, person_id=person_id)
    return Caller(person_id=person_id, name=code, roles=roles)


if __name__ == "__main__":
    main()
