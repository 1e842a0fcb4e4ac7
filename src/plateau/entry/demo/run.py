"""`plateau demo`: a night of the pool on this machine."""

import json
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer

from plateau.entry import boot
from plateau.entry import territory_file as territories
from plateau.entry.demo import check, queries, stage
from plateau.entry.demo.cast import Cast
from plateau.entry.demo.chaos import Chaos
from plateau.entry.demo.check import Verdict
from plateau.entry.demo.plan import Visit, night
from plateau.entry.demo.stage import PASSWORD, Ports
from plateau.entry.serve import Fleet
from plateau.kernel.errors import UnavailableError
from plateau.platform import clock
from plateau.platform import log as logs
from plateau.platform.db import Db, open_pool
from plateau.platform.migrate import migrate
from plateau.platform.settings import Settings
from plateau.territory.blocks import TerritoryFile

_READY_S = 60.0
_SETTLE_S = 0.5
READER = "lecteur1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A demonstration that is running."""

    folder: Path
    ports: Ports
    fleet: Fleet
    cast: Cast
    db: Db
    visits: list[Visit]
    territory: TerritoryFile

    @property
    def base(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.ports.web}"


def run(  # noqa: PLR0913, PLR0917 - one argument an option
    speed: Annotated[float, typer.Option(help="How many times faster than life.", min=1)] = 60,
    once: Annotated[bool, typer.Option(help="No browser: play, check, report, leave.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the verdict.")] = None,
    chaos: Annotated[bool, typer.Option(help="Kill one process of each kind meanwhile.")] = False,
    exams: Annotated[int, typer.Option(help="How many requests in the night.", min=1)] = 90,
    slices: Annotated[int, typer.Option(help="Slices of a CT.", min=1)] = 120,
    seed: Annotated[int, typer.Option(help="The same seed plays the same night.")] = 1,
    port: Annotated[int, typer.Option(help="Of the pages.")] = 8080,
    data_dir: Annotated[Path, typer.Option(help="Emptied at each start.")] = Path("data/demo"),
    territory_file: Annotated[Path, typer.Option(help="The territory that is played.")] = Path(
        "territories/basco-landais.toml"
    ),
) -> None:
    """Play a night of the Basque-Landes pool: real DICOM, real database, real pages."""
    logs.configure("warning", "demo")
    visits = night(exams=exams, seed=seed)
    with _show(data_dir, territory_file, visits, speed=1 if once else speed, anywhere=once,
               port=port) as show:  # fmt: skip
        pace = 10_000.0 if once else speed
        show.cast.start_machines(show.territory.machines, speed=pace, slices=slices, seed=seed)
        show.cast.start_people(plan=show.folder / "plan.json", speed=pace, leave=0 if once else 6)
        if once:
            verdict = _play(show, chaos=chaos)
            _report(verdict, json_file)
            raise typer.Exit(0 if verdict.is_good else 1)
        _welcome(show, speed)
        _serve(show)


@contextmanager
def _show(
    data_dir: Path,
    territory_file: Path,
    visits: list[Visit],
    *,
    speed: float,
    anywhere: bool,
    port: int,
) -> Generator[Show, None, None]:
    """Everything of Plateau is up and the outside world's RIS listens, until the block ends."""
    territory = territories.read(territory_file)
    if anywhere:
        territory = stage.elsewhere(territory)
    ports = stage.choose_ports(web=port, anywhere=anywhere)
    folder = stage.empty(data_dir).resolve()
    pace = stage.pace(speed)
    chosen = Settings(data_dir=folder, clock=str(pace))
    server = boot.embedded(chosen)
    url = server.start()
    migrate(url)
    fleet = Fleet(chosen, _environment(folder, ports, str(pace)))
    cast = Cast(folder=folder, ports=ports)
    stage.write_plan(visits, folder / "plan.json")
    try:
        with open_pool(url, size=2) as pool:
            db = Db(pool, lambda _: None)
            stage.prepare(db, territory, at=pace.shown(clock.wall()))
            cast.start_ris(territory.destinations)
            fleet.start()
            _await_ready(ports)
            yield Show(folder=folder, ports=ports, fleet=fleet, cast=cast, db=db, visits=visits,
                       territory=territory)  # fmt: skip
    finally:
        cast.stop()
        fleet.stop()


def _environment(folder: Path, ports: Ports, pace: str) -> dict[str, str]:
    return {
        "PLATEAU_DATA_DIR": str(folder),
        "PLATEAU_CLOCK": pace,
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


def _play(show: Show, *, chaos: bool) -> Verdict:
    """Let the night run to its end, then look at it from outside."""
    watcher = threading.Thread(target=show.fleet.watch, name="watch")
    watcher.start()
    killer = Chaos(show.fleet)
    if chaos:
        killer.start()
    try:
        _await_end(show)
        killed = killer.end() if chaos else {}
        return _verdict(show, dict(killed))
    finally:
        show.fleet.request_stop()
        watcher.join()


def _await_end(show: Show) -> None:
    """Until everything is delivered and counted, or nothing has moved for two minutes."""
    done, moved_at = 0, time.monotonic()
    while done < len(show.visits):
        time.sleep(_SETTLE_S)
        try:
            with show.db.begin() as tx:
                now_done = queries.finished(tx)
        except UnavailableError:
            continue
        if now_done != done:
            done, moved_at = now_done, time.monotonic()
            typer.echo(f"\r{done}/{len(show.visits)} delivered and counted", nl=False, err=True)
        if time.monotonic() - moved_at > 120:
            typer.echo("\nnothing has moved for two minutes", err=True)
            return
    typer.echo("", err=True)


def _verdict(show: Show, killed: dict[str, int]) -> Verdict:
    with show.db.begin() as tx:
        stories = queries.stories(tx)
        asked = queries.requests(tx)
    verdict = check.judge(show.visits, stories, show.folder / "inbox")
    verdict.killed = killed
    if asked != len(show.visits):
        verdict.problems.append(f"{asked} requests for {len(show.visits)} visits")
    machines = [machine.ae_title for machine in show.territory.machines]
    verdict.problems += check.worklists(machines, show.ports.dicom)
    verdict.problems += check.pages(show.base, (READER, PASSWORD), stories)
    verdict.problems += [f"the {name} process ended" for name in show.cast.ended()]
    return verdict


def _report(verdict: Verdict, json_file: Path | None) -> None:
    text = json.dumps(verdict.as_json(), indent=2)
    if json_file:
        json_file.write_text(text + "\n", "utf-8")
    typer.echo(text)


def _welcome(show: Show, speed: float) -> None:
    typer.echo(
        f"""
Plateau plays the night of 23 November 2026 at the Basque-Landes pool, {speed:g} times faster.

  Pages    {show.base}
  Sign in  password {PASSWORD}
           lecteur1           on duty tonight: reads  (Lectures, key N takes the next)
           urgences.stpalais  emergency doctor: asks, receives results
           manip.stpalais     technologist: machines and images
           regulation         coordinator: queues, delays, deliveries
           direction.stpalais manager: activity
           admin              administrator: audit trail
  Watch    one exam in six is left for you; open one, look at it, sign it, see it delivered.
  DICOM    PLATEAU at 127.0.0.1:{show.ports.dicom} · logs and received messages in {show.folder}

Everyone in it is invented. Not a certified medical device. Stop with Ctrl+C."""
    )


def _serve(show: Show) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: show.fleet.request_stop())
    show.fleet.watch()
