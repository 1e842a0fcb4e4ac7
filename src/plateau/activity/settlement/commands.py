"""Commands of settlements."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from plateau.activity.agreements import rules as arithmetic
from plateau.activity.agreements import service as agreements
from plateau.activity.entering import rules as entering
from plateau.activity.entering.types import Money
from plateau.activity.ledger import service as ledger
from plateau.activity.settlement import queries, service, sheets
from plateau.kernel import holidays
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.platform import clock, runtime
from plateau.platform.db import Tx

app = typer.Typer(no_args_is_help=True, help="Settlements: costs in, ledger and statements out.")


@app.callback()
def _settlement() -> None:
    """Enter costs, export everything that a statement is computed from."""


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where the files go.")],
) -> None:
    """Write the whole ledger, what was agreed and every statement; see docs/recompute.py."""
    folder.mkdir(parents=True, exist_ok=True)
    with runtime.db().begin() as tx:
        with (folder / "ledger.csv").open("wb") as file:
            for line in queries.ledger_csv(tx):
                file.write(line)
        agreed, lines = _agreed(tx, today=local(clock.now()).date())
    text = json.dumps(agreed, ensure_ascii=False, sort_keys=True, default=date.isoformat, indent=1)
    (folder / "agreed.json").write_text(text, "utf-8")
    (folder / "statements.csv").write_text("".join(lines), "utf-8", newline="")


@app.command()
def cost(  # noqa: PLR0913, PLR0917 - one argument an option
    agreement: Annotated[str, typer.Argument(help="Code of the agreement.")],
    key: Annotated[str, typer.Option(help="What it is, once: the number of an invoice.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Local day.")],
    head: Annotated[str, typer.Option(help="staff, equipment, premises or others.")],
    paid_by: Annotated[str, typer.Option(help="Code of the member who paid.")],
    cents: Annotated[int, typer.Option(help="Euro cents.")],
    forecast: Annotated[bool, typer.Option(help="What it is expected to be, not real.")] = False,
) -> None:
    """Enter a cost that a member paid for the others too, or its forecast."""
    day = on.replace(tzinfo=UTC).date()
    with runtime.db().begin() as tx:
        own = [one for one in agreements.agreements(tx) if one.code == agreement]
        found = arithmetic.in_force(own, on=day)
        if found is None:
            raise NotFoundError("no agreement {code} holds on {day}", code=agreement, day=day)
        one = Money(
            kind="forecast" if forecast else "cost",
            on=day,
            head=head,
            payer=paid_by,
            cents=cents,
            reference=key,
        )
        typer.echo(ledger.append(tx, [entering.money(found, one)], at=clock.now()))


def _agreed(tx: Tx, *, today: date) -> tuple[dict[str, Any], list[str]]:
    """What was agreed and the periods, with the lines of their statements."""
    periods: list[dict[str, Any]] = []
    lines: list[str] = []
    everything = agreements.agreements(tx)
    for one in everything:
        if one.valid_from > today:
            continue
        for span in service.spans(one, today=today):
            text = sheets.as_csv(service.desk(tx, one, span).settled)
            lines.append(text if not lines else text.split("\r\n", 1)[1])
            periods.append(
                {"first_on": span.first_on, "last_on": span.last_on, "agreement": asdict(one)}
            )
    years = range(today.year - 3, today.year + 2)
    agreed: dict[str, Any] = {
        "periods": periods,
        "tariffs": [asdict(one) for one in agreements.tariffs(tx)],
        "duty_pay": [asdict(one) for one in agreements.duty_pay(tx)],
        "holidays": sorted(day for year in years for day in holidays.of_year(year)),
    }
    return agreed, lines
