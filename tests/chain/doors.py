"""Plateau's doors as real processes, and what must not change behind them."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, generate_uid
from pynetdicom.dimse_primitives import C_STORE

import make
import make_after
from entry.processes import Plateau, free_ports, is_well, listens, plateau, until
from exchange.post import Receiver, a_receiver
from images.instances import associated
from make import NIGHT, World
from plateau.access import service as access
from plateau.kernel.caller import Role
from plateau.platform import clock
from plateau.platform.blobs import Blobs, open_folder
from plateau.platform.clock import Pace
from plateau.platform.db import Db, Tx, open_pool
from plateau.platform.embedded import Postgres

PASSWORD = "mot de passe d'essai"
READERS = ("lecteur", "lecteur2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where to knock, and where what is said of it is written."""

    folder: Path
    url: str
    db: Db
    world: World
    ports: dict[str, int]
    processes: dict[str, Plateau]
    ris: Receiver

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def blobs(self) -> Blobs:
        return open_folder(self.folder / "data" / "blobs")

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def logged(self, kind: str, event: str) -> list[str]:
        """The codes, or outcomes, that a process logged of such events."""
        entries = self.processes[kind].logged()
        return [
            str(entry.get("code") or entry.get("outcome") or entry.get("status"))
            for entry in entries
            if entry["event"] == event
        ]


@contextmanager
def opened(
    server: Postgres, folder: Path, kinds: tuple[str, ...], before: tuple[str, ...] = ()
) -> Generator[Doors]:
    """These processes answer, on a world and a database of their own, at 02:00."""
    name = _new_database(server)
    ports = free_ports()
    settings = {
        **ports,
        "PLATEAU_DATABASE_URL": server.url(name),
        "PLATEAU_CLOCK": str(Pace(clock.wall(), NIGHT, 1.0, NIGHT + timedelta(hours=5))),
        "PLATEAU_OUTBOX_RETRY_S": "1",
        "PLATEAU_MLLP_TIMEOUT_S": "5",
    }
    numbers: dict[str, int] = {
        "web": int(ports["PLATEAU_WEB_PORT"]),
        "dimse": int(ports["PLATEAU_DICOM_PORT"]),
        "mllp": int(ports["PLATEAU_MLLP_PORT"]),
    }
    with ExitStack() as stack:
        db = Db(stack.enter_context(open_pool(server.url(name), size=2)), lambda _: None)
        ris = stack.enter_context(a_receiver(folder / "inbox"))
        with db.begin() as tx:
            world = _prepare(tx, ris)
        here = partial(plateau, folder=folder, settings=settings, before=before)
        processes = {kind: stack.enter_context(here(kind)) for kind in kinds}
        until(lambda: all(listens(numbers[kind]) for kind in kinds))
        if "web" in kinds:
            until(lambda: is_well(numbers["web"]))
        yield Doors(
            folder=folder,
            url=server.url(name),
            db=db,
            world=world,
            ports=numbers,
            processes=processes,
            ris=ris,
        )


def _new_database(server: Postgres) -> str:
    name = f"t{uuid4().hex}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            SQL("create database {} template template_plateau").format(Identifier(name))
        )
    return name


def _prepare(tx: Tx, ris: Receiver) -> World:
    world = make.a_world(tx)
    make_after.a_destination(tx, world.site_id, ris.port)
    second = make.a_person(tx, READERS[1], "Dr Deux", world.site_id)
    make.a_role(tx, second, Role.READER, world.site_id)
    coordinator = make.a_person(tx, "regulation", "Mme Régulation")
    make.a_role(tx, coordinator, Role.COORDINATOR, world.site_id)
    for person_id in (world.reader_id, second, coordinator):
        access.set_password(tx, person_id=person_id, password=PASSWORD)
    return world


def kept(doors: Doors) -> dict[str, str]:
    """A digest of every table that holds something of patients, and of the object store."""
    with psycopg.connect(doors.url) as connection:
        tables = connection.execute(
            """
            select schemaname, tablename from pg_tables
            where schemaname in ('patients', 'images', 'requests', 'reading', 'exchange',
                                 'activity', 'territory', 'planning')
              and not (schemaname = 'images' -- what was refused, who spoke, what upkeep counted
                       and tablename in ('refusal', 'contact', 'sweep', 'usage', 'traffic'))
            order by 1, 2
            """
        ).fetchall()
        digests = {
            f"{schema}.{table}": str(
                connection.execute(
                    SQL(
                        "select md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
                        " from {} t"
                    ).format(Identifier(schema, table))
                ).fetchone()
            )
            for schema, table in tables
        }
    files = sorted(path.name for path in (doors.folder / "data").rglob("*") if path.is_file())
    return {**digests, "files": " ".join(files)}


def refusals(doors: Doors) -> list[str]:
    """What coordinators are told was refused, the last one last."""
    with doors.db.begin() as tx:
        return tx.values("select code || ': ' || reason from images.refusal order by refusal_id")


def send_raw(doors: Doors, content: bytes) -> Dataset:
    """The answer to a C-STORE of whatever bytes, said to be a CT image."""
    request = C_STORE()
    request.MessageID = 1
    request.Priority = 2
    request.AffectedSOPClassUID = CTImageStorage
    request.AffectedSOPInstanceUID = generate_uid()
    request.DataSet = BytesIO(content)
    with associated(doors.ports["dimse"]) as line:
        context = next(
            one.context_id
            for one in line.accepted_contexts
            if one.abstract_syntax == CTImageStorage
        )
        assert context
        reactor = vars(line)["_reactor_checkpoint"]
        reactor.clear()  # as the library does: the answer is ours to read
        line.dimse.send_msg(request, context)
        _, answer = line.dimse.get_msg(block=True)
        reactor.set()
    assert isinstance(answer, C_STORE)
    said = Dataset()
    said.Status, said.ErrorComment = answer.Status, answer.ErrorComment
    return said
