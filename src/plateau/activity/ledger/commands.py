"""Commands of the ledger."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from plateau.activity.ledger import service
from plateau.activity.ledger.types import Correction, Fault
from plateau.platform import clock, runtime
from plateau.web.language import gettext as _

app = typer.Typer(no_args_is_help=True, help="The ledger: prove it, correct it.")


@app.callback()
def _ledger() -> None:
    """Prove that nothing was altered, correct an entry by another one."""


@app.command()
def verify() -> None:
    """Prove that no entry was altered, removed or slipped in; exit code 5 when one was."""
    started = time.perf_counter()
    with runtime.db().begin() as tx:
        proof = service.verify(tx)
    seconds = time.perf_counter() - started
    for fault in proof.faults:
        typer.echo(_said(fault), err=True)
    if proof.faults:
        raise typer.Exit(5)
    typer.echo(_("{n} entries, nothing altered").format(n=proof.entries))
    typer.echo(f"{proof.entries}:{proof.digest.hex()}")
    typer.echo(f"{proof.entries / seconds:.0f}/s", err=True)


@app.command()
def rebuild() -> None:
    """Make the daily sums again from the entries."""
    with runtime.db().begin() as tx:
        typer.echo(service.rebuild(tx))


@app.command()
def correct(
    entry: Annotated[int, typer.Argument(help="The number of the entry.")],
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Local day it counts on.")
    ] = None,
) -> None:
    """Take an entry back by another one that points at it."""
    now = clock.now()
    day = (on.replace(tzinfo=UTC) if on else now).date()
    with runtime.db().begin() as tx:
        service.correct(tx, Correction(entry_id=entry, on=day, reason=reason), at=now)


def _said(fault: Fault) -> str:
    """A fault in words."""
    words = {
        "altered": _("entry {n} was altered"),
        "missing": _("entry {n} is missing"),
        "cut": _("entry {n}, which was signed for, is missing"),
        "signed": _("entry {n} is not what was signed for"),
        "head": _("the ledger does not end at entry {n} as it should"),
    }
    return words[fault.what].format(n=fault.entry_id)
