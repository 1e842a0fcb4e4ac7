"""Plateau as it runs: `plateau dimse` and `plateau web` on the embedded PostgreSQL.

Nobody works the queue: what a store leaves to be done later is not part of the store.
"""

import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from hubs.peers import CALLED, CALLING, Kind, Peer, free_port, process, wait_for
from hubs.samples import PATIENT_ID
from plateau.access import service as access
from plateau.access.pages import COOKIE
from plateau.kernel.caller import Role
from plateau.kernel.ids import PersonId, SiteId
from plateau.patients import service as patients
from plateau.patients.types import Traits
from plateau.platform import log
from plateau.platform.db import Db, Tx, open_pool
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate

_LOGIN, _PASSWORD = "banc", "mot de passe du banc"
_SINCE = date(2020, 1, 1)


@contextmanager
def plateau(folder: Path) -> Generator[Peer]:
    """Both processes on a database and an object store in that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    log.configure("warning", "bench")
    server = Postgres(folder=folder / "pg")
    url = server.start()
    try:
        headers = _prepared(url)
        pids: dict[str, int] = {}
        ports = {"dimse": free_port(), "web": free_port(), "mllp": free_port()}
        environment = {
            "PLATEAU_DATABASE_URL": url,
            "PLATEAU_DATA_DIR": str(folder / "data"),
            "PLATEAU_AE_TITLE": CALLED,
            "PLATEAU_DICOM_PORT": str(ports["dimse"]),
            "PLATEAU_WEB_PORT": str(ports["web"]),
            "PLATEAU_MLLP_PORT": str(ports["mllp"]),
        }
        with ExitStack() as stack:
            for kind in _KINDS:
                pids[kind] = stack.enter_context(_running(kind, folder, environment, ports[kind]))
            yield Peer(
                dicom_port=ports["dimse"], web_port=ports["web"], processes=pids, headers=headers
            )
    finally:
        server.stop()


KIND = Kind(name="Plateau", start=plateau)
_KINDS = ("dimse", "web")


@contextmanager
def _running(kind: str, folder: Path, environment: dict[str, str], port: int) -> Generator[int]:
    command = [sys.executable, "-m", "plateau.entry.cli", kind]
    output = folder / f"{kind}.log"
    with process(command, log=output, environment=environment) as running:
        wait_for([port], running, output)
        yield running.pid


def _prepared(url: str) -> dict[str, str]:
    """The least territory that accepts what is sent; what a signed-in person's requests carry."""
    migrate(url)
    with open_pool(url, size=2) as pool:
        db = Db(pool, lambda _: None)
        with db.begin() as tx:
            site_id = tx.value("select site_id from territory.site") or _territory(tx)
            _account(tx, site_id)
        return _signed_in(db)


def _signed_in(db: Db) -> dict[str, str]:
    at = datetime.now(UTC)
    opened = access.sign_in(
        db, login=_LOGIN, password=_PASSWORD, address="127.0.0.1", at=at, now=at
    )
    with db.begin() as tx:
        caller = access.caller_of(tx, token=opened.token, at=at)
    assert caller, "the session has just been opened"
    return {"Cookie": f"{COOKIE}={opened.token}", "X-CSRF-Token": caller.csrf}


def _account(tx: Tx, site_id: SiteId) -> None:
    person_id = PersonId(
        tx.value("select person_id from access.account where login = %(login)s", login=_LOGIN)
        or uuid4()
    )
    access.ensure_account(tx, person_id=person_id, login=_LOGIN, name="Dr Ada EXEMPLE")
    access.set_password(tx, person_id=person_id, password=_PASSWORD)
    for role in Role:
        access.grant(tx, person_id=person_id, role=role, site_id=site_id)


def _territory(tx: Tx) -> SiteId:
    member_id, site_id = uuid4(), SiteId(uuid4())
    tx.run(
        """
        insert into territory.member (member_id, code, name, valid_from)
        values (%(id)s, 'BANC', 'Banc', %(since)s)
        """,
        id=member_id,
        since=_SINCE,
    )
    tx.run(
        """
        insert into territory.site
          (site_id, code, member_id, name, town, latitude, longitude, valid_from)
        values (%(id)s, 'BANC', %(member)s, 'Banc', 'Ville-Test', 43.3, -1.0, %(since)s)
        """,
        id=site_id,
        member=member_id,
        since=_SINCE,
    )
    tx.run(
        """
        insert into territory.device (device_id, site_id, ae_title, modality, name, valid_from)
        values (%(id)s, %(site)s, %(title)s, 'CT', 'CT', %(since)s)
        """,
        id=uuid4(),
        site=site_id,
        title=CALLING,
        since=_SINCE,
    )
    traits = Traits(surname="Testinvente", first_name="Banc", birth_on=_SINCE, sex="U")
    patients.identify(tx, site_id=site_id, local_id=PATIENT_ID, traits=traits, at=datetime.now(UTC))
    return site_id
