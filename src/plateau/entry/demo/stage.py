"""Setting the stage: an empty data directory, the territory, passwords, the night's clock."""

import json
import os
import shutil
import socket
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import psutil

from plateau.access import service as access
from plateau.entry import boot, territory_file
from plateau.entry.demo.plan import Visit
from plateau.kernel.errors import ConflictError, InvalidInputError
from plateau.kernel.time import instant
from plateau.platform import clock
from plateau.platform.clock import Pace
from plateau.platform.db import Db
from plateau.platform.settings import Settings
from plateau.territory.blocks import TerritoryFile

NIGHT_OF = date(2026, 11, 23)
ROSTER = "roster.json"  # what the planner made of the same problem at an earlier start
PASSWORD = "plateau-demo"  # noqa: S105 - of a demonstration that listens on loopback only
_NIGHT, _VISITOR = "NUIT", "INVENTE"  # codes of the territory file
_MARK = "made-by-plateau-demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demonstration listens, all on loopback."""

    web: int
    dicom: int
    mllp: int


def choose_ports(*, web: int, anywhere: bool) -> Ports:
    """The usual ports, or free ones; ConflictError when a usual one is taken."""
    if anywhere:
        return Ports(web=_free_port(), dicom=_free_port(), mllp=_free_port())
    ports = Ports(web=web, dicom=11112, mllp=2575)
    for port in (ports.web, ports.dicom, ports.mllp):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise ConflictError("port {port} is taken: is a demonstration running?", port=port)
    return ports


def elsewhere(territory: TerritoryFile) -> TerritoryFile:
    """The same territory, whose RIS listen on free ports."""
    moved = (one.model_copy(update={"port": _free_port()}) for one in territory.destinations)
    return replace(territory, destinations=tuple(moved))


def reinforced(territory: TerritoryFile) -> TerritoryFile:
    """The same territory, where the visitor is on duty that night beside the pair."""
    lines = (
        one.model_copy(update={"readers": one.readers + 1}) if one.code == _NIGHT else one
        for one in territory.lines
    )
    roster = (
        one.model_copy(update={"readers": (*one.readers, _VISITOR)})
        if (one.line, one.on) == (_NIGHT, NIGHT_OF)
        else one
        for one in territory.roster
    )
    return replace(territory, lines=tuple(lines), roster=tuple(roster))


def unlisted(territory: TerritoryFile) -> TerritoryFile:
    """The same territory without the roster that its file lists: the planner makes one."""
    return replace(territory, roster=())


def empty(folder: Path) -> Path:
    """A folder with nothing of an earlier demonstration but the roster that the planner made.

    Anything else in it is refused.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise InvalidInputError("{folder} holds something else than a demonstration", folder=folder)
    if _is_playing(folder):
        raise ConflictError("a demonstration is running in {folder}", folder=folder)
    server = boot.embedded(Settings(data_dir=folder))
    if server.data.exists() and server.is_alive():
        server.stop()
    roster = (folder / ROSTER).read_bytes() if (folder / ROSTER).exists() else None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    if roster:
        (folder / ROSTER).write_bytes(roster)
    (folder / _MARK).write_text(str(os.getpid()))
    return folder


def _is_playing(folder: Path) -> bool:
    """Whether the process that marked the folder still runs."""
    mark = folder / _MARK
    text = mark.read_text() if mark.exists() else ""
    return text.isdecimal() and int(text) != os.getpid() and psutil.pid_exists(int(text))


def pace(speed: float, *, hours_in: float = 0) -> Pace:
    """From 20:00, or some hours later, at `speed` until 07:15; then at the real pace."""
    start = instant(NIGHT_OF, time(20))
    end = start + timedelta(hours=11, minutes=15)
    return Pace(clock.wall(), start + timedelta(hours=hours_in), speed, end)


def prepare(db: Db, file: TerritoryFile, *, at: datetime) -> None:
    """The territory is loaded, and every account signs in with the one password."""
    territory_file.loaded(db, file, at=at)
    with db.begin() as tx:
        access.set_password_of_all(tx, password=PASSWORD)


def write_plan(visits: list[Visit], path: Path) -> None:
    """The visits, for the process that plays the people."""
    told = sorted(visits, key=lambda visit: visit.at_s)
    path.write_text(json.dumps([asdict(visit) for visit in told], default=str), "utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
