"""Commands of activity."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from plateau.activity import rules, service
from plateau.activity.types import Scope
from plateau.kernel.time import instant
from plateau.platform import clock, runtime

app = typer.Typer(no_args_is_help=True, help="The ledger of readings.")
_EXPORTED = 1_000_000


@app.callback()
def _activity() -> None:
    """Say what was read, by whom and for whom."""


@app.command()
def export(
    since: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First local day.")
    ],
    until: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Day after the last one.")
    ],
) -> None:
    """Write the entries signed between two local days as CSV, to standard output."""
    start, end = (instant(day.replace(tzinfo=UTC).date(), day.time()) for day in (since, until))
    period = rules.period(start, end, now=clock.now())
    with runtime.db().begin() as tx:
        everything = Scope(sites=None, person_id=None)
        entries = service.entries(tx, scope=everything, period=period, limit=_EXPORTED)
    typer.echo(rules.as_csv(entries), nl=False)
