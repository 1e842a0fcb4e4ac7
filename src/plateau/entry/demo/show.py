"""A demonstration that is running: Plateau's processes, and the world around them."""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from plateau.entry import boot, territory_file
from plateau.entry.demo import roster, stage, supervision
from plateau.entry.demo.cast import Cast
from plateau.entry.demo.plan import Visit
from plateau.entry.demo.queries import OnDuty
from plateau.entry.demo.stage import Ports
from plateau.entry.serve import Fleet
from plateau.kernel.errors import UnavailableError
from plateau.platform import clock
from plateau.platform.clock import Pace
from plateau.platform.db import Db, open_pool
from plateau.platform.migrate import migrate
from plateau.platform.settings import Settings
from plateau.territory.blocks import TerritoryFile

_READY_S = 120.0  # long, for a machine busy with something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is played, and where."""

    folder: Path
    territory: Path
    visits: Sequence[Visit]
    pace: Pace
    refused: Sequence[Visit] = ()  # what is asked besides, without a reason
    port: int = 8080
    anywhere: bool = False  # on free ports, whatever the territory file says
    recall_s: int = 0  # how long a signed report may be recalled
    planned: bool = False  # by a roster that the planner makes, not by the territory file's


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What is running."""

    folder: Path
    ports: Ports
    fleet: Fleet
    cast: Cast
    db: Db
    visits: Sequence[Visit]
    refused: Sequence[Visit]
    territory: TerritoryFile
    readers: Sequence[OnDuty]  # of the night, in the order of calls; none when nothing was planned

    @property
    def base(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.ports.web}"


@contextmanager
def opened(setting: Setting) -> Generator[Show, None, None]:
    """Plateau is up, supervised, on an empty database with the territory; the RIS listen."""
    territory = stage.reinforced(territory_file.read(setting.territory))
    if setting.planned:
        territory = stage.unlisted(territory)
    if setting.anywhere:
        territory = stage.elsewhere(territory)
    ports = stage.choose_ports(web=setting.port, anywhere=setting.anywhere)
    folder = stage.empty(setting.folder).resolve()
    chosen = Settings(data_dir=folder, clock=str(setting.pace))
    fleet = Fleet(chosen, _environment(setting, folder, ports))
    cast = Cast(folder=folder, ports=ports, pace=str(setting.pace))
    stage.write_plan([*setting.visits, *setting.refused], folder / "plan.json")
    url = boot.embedded(chosen).start()
    try:
        migrate(url)
        with open_pool(url, size=2) as pool:
            db = Db(pool, lambda _: None)
            stage.prepare(db, territory, at=setting.pace.shown(clock.wall()))
            if setting.planned:
                _arrange(db, chosen.model_copy(update={"database_url": url}), setting.pace)
            cast.start_ris(territory.destinations)
            fleet.start()
            _await_ready(ports)
            yield from _watched(
                Show(
                    folder=folder,
                    ports=ports,
                    fleet=fleet,
                    cast=cast,
                    db=db,
                    visits=setting.visits,
                    refused=setting.refused,
                    territory=territory,
                    readers=roster.tonight(db),
                )
            )
    finally:
        cast.stop()
        fleet.stop()


def _arrange(db: Db, settings: Settings, pace: Pace) -> None:
    """The planner's roster is published, and what is looked at twice has begun."""
    roster.publish(db, settings)
    supervision.begin(db, settings.data_dir, at=pace.shown(clock.wall()))


def _watched(show: Show) -> Generator[Show, None, None]:
    """Whatever dies is started again until the end."""
    watcher = threading.Thread(target=show.fleet.watch, name="watch")
    watcher.start()
    try:
        yield show
    finally:
        show.fleet.request_stop()
        watcher.join()


def _environment(setting: Setting, folder: Path, ports: Ports) -> dict[str, str]:
    return {
        "PLATEAU_DATA_DIR": str(folder),
        "PLATEAU_CLOCK": str(setting.pace),
        "PLATEAU_RECALL_S": str(setting.recall_s),
        "PLATEAU_WEB_PORT": str(ports.web),
        "PLATEAU_DICOM_PORT": str(ports.dicom),
        "PLATEAU_MLLP_PORT": str(ports.mllp),
        "PLATEAU_OUTBOX_RETRY_S": "1",
        "PLATEAU_LOG_LEVEL": "warning",
    }


def _await_ready(ports: Ports) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{ports.web}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise UnavailableError("the pages did not come up in {seconds:.0f} s", seconds=_READY_S)
