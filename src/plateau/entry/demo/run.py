"""`plateau demo`: a night of the pool on this machine."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from plateau.entry import boot
from plateau.entry.demo import check, queries, roster, show, stage, supervision
from plateau.entry.demo.chaos import Chaos
from plateau.entry.demo.check import Verdict
from plateau.entry.demo.plan import night, overlooked, unjustified
from plateau.entry.demo.show import Setting, Show
from plateau.entry.demo.stage import PASSWORD
from plateau.kernel.errors import UnavailableError
from plateau.kernel.time import local
from plateau.platform import log as logs

_AT_ONCE = 100_000.0  # times faster than life: as fast as this machine goes
_CLOCK_AT_ONCE = 20.0  # times faster than life: an exam left alone soon calls the next ring
_LOOK_S = 0.5
_STUCK_S = 120.0
_LEAVE_EVERY = 6
_RECALL_S = 20  # the shortest window: reports of the night are soon sent
_PAIR = 2  # readers who are played while a visitor, who comes after them, is there


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
    setting = Setting(
        folder=data_dir,
        territory=territory_file,
        visits=overlooked(visits) if once else visits,
        pace=stage.pace(_CLOCK_AT_ONCE if once else speed),
        port=port,
        anywhere=once,
        refused=unjustified(),
        recall_s=0 if once else _RECALL_S,
        planned=True,
    )
    haste = _AT_ONCE if once else speed
    with show.opened(setting) as running:
        machines = running.territory.machines
        running.cast.start_machines(machines, speed=haste, slices=slices, seed=seed)
        _start_people(running, speed=haste, alone=once)
        if not once:
            _welcome(running, speed)
            boot.Asked().wait()
            return
        verdict = _play(running, chaos=chaos)
    _report(verdict, json_file)
    raise typer.Exit(0 if verdict.is_good else 1)


def _start_people(running: Show, *, speed: float, alone: bool) -> None:
    """Who drafts, who asks for exams, and the pair on duty; the visitor too when nobody visits."""
    running.cast.start_drafter(supervision.NAME, supervision.VERSION)
    readers = [one.login for one in running.readers[: None if alone else _PAIR]]
    plan, leave = running.folder / "plan.json", 0 if alone else _LEAVE_EVERY
    running.cast.start_people(readers, plan=plan, speed=speed, leave=leave)


def _play(running: Show, *, chaos: bool) -> Verdict:
    """Let the night run to its end, then look at it from outside."""
    killer = Chaos(running.fleet) if chaos else None
    _await_end(running, killer)
    verdict = _verdict(running)
    if killer:
        verdict.killed = dict(killer.killed)
        verdict.problems += [
            f"{kind}: nothing was left to do when its turn came to be killed"
            for kind in killer.left
        ]
    return verdict


def _await_end(running: Show, killer: Chaos | None) -> None:
    """Until everything is delivered and counted, or nothing has moved for two minutes."""
    wanted, done, moved_at = len(running.visits), 0, time.monotonic()
    while done < wanted and time.monotonic() - moved_at < _STUCK_S:
        time.sleep(_LOOK_S)
        try:
            with running.db.begin() as tx:
                now_done = queries.finished(tx)
        except UnavailableError:
            continue
        if now_done != done:
            done, moved_at = now_done, time.monotonic()
            typer.echo(f"{done}/{wanted} delivered and counted", err=True)
        if killer:
            killer.follow(done, wanted)


def _verdict(running: Show) -> Verdict:
    with running.db.begin() as tx:
        stories = queries.stories(tx)
        asked = queries.requests(tx)
        acts = queries.acts(tx)
    verdict = check.judge(running.visits, stories, running.folder / "inbox", speed=_CLOCK_AT_ONCE)
    verdict.acts = {one.name: one.times for one in acts}
    wanted = len(running.visits) + len(running.refused)
    if asked != wanted:
        verdict.problems.append(f"{asked} requests for {wanted} visits")
    machines = [machine.ae_title for machine in running.territory.machines]
    verdict.problems += check.worklists(machines, running.ports.dicom)
    verdict.roster, wrong = roster.lived(running.db)
    verdict.problems += wrong
    reader = running.readers[0].login
    verdict.problems += check.pages(running.base, (reader, PASSWORD), stories)
    verdict.problems += [f"the {name} process ended" for name in running.cast.ended()]
    return verdict


def _report(verdict: Verdict, json_file: Path | None) -> None:
    text = json.dumps(verdict.as_json(), indent=2)
    if json_file:
        json_file.write_text(text + "\n", "utf-8")
    typer.echo(text)


def _welcome(running: Show, speed: float) -> None:
    visitor = running.readers[-1]
    typer.echo(
        f"""
Plateau plays the night of 23 November 2026 at the Basque-Landes pool, {speed:g} times faster.

  Pages    {running.base}
  Sign in  password {PASSWORD}
           {visitor.login:<19} you, beside tonight's pair: read (Lectures; N takes the next)
           urgences.stpalais   emergency doctor: asks, and receives results
           manip.stpalais      technologist: machines and images
           regulation          coordinator: queues, delays, deliveries
           direction.stpalais  manager: activity
           admin               administrator: audit trail
  On duty  tonight, by the roster that the planner made for the week ({running.base}/roster):
{_on_duty(running)}
  Watch    one exam in six is left for you: open it, look at it, sign it, see it delivered.
  DICOM    PLATEAU at 127.0.0.1:{running.ports.dicom}
  Files    logs and the messages that members received are in {running.folder}

Everyone in it is invented. This is not a certified medical device. Stop with Ctrl+C."""
    )


def _on_duty(running: Show) -> str:
    """Who is called first, second and so on, and until when."""
    rows: list[str] = []
    for one in running.readers:
        role = "you" if one == running.readers[-1] else "played"
        hours = f"{local(one.starts_at):%H:%M}-{local(one.ends_at):%H:%M}"
        rows.append(f"           {one.position}. {one.login:<24} {hours}  {one.name} ({role})")
    return "\n".join(rows)
