"""The command line: processes, and the commands of the features."""

import sys

import typer

from plateau.access import commands as access
from plateau.activity import commands as activity
from plateau.activity.ledger import commands as ledger
from plateau.activity.settlement import commands as settlement
from plateau.entry import boot, dimse, mllp, serve, territory_file, web, worker
from plateau.entry.demo import run as demo
from plateau.entry.simulate import run as simulate
from plateau.images import commands as images
from plateau.kernel.errors import PlateauError
from plateau.planning import commands as planning

EXITS = {
    "invalid_input": 2,
    "not_found": 3,
    "conflict": 4,
    "rule_broken": 5,
    "over_quota": 5,
    "unavailable": 6,
    "not_signed_in": 7,
    "forged_form": 7,
}


def _at_hand(context: typer.Context) -> None:
    """The commands of a feature find the database and the object store, for as long as they run."""
    context.with_resource(boot.process("command"))


def _at_hand_for_a_territory(context: typer.Context) -> None:
    """Rosters are made, judged and measured without a database, unless for a territory."""
    if context.invoked_subcommand == "solve" and not {"--sample", "--help"} & {*sys.argv}:
        _at_hand(context)


app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(access.app, name="access", callback=_at_hand)
app.add_typer(activity.app, name="activity", callback=_at_hand)
app.add_typer(ledger.app, name="ledger", callback=_at_hand)
app.add_typer(settlement.app, name="settlement", callback=_at_hand)
app.add_typer(images.app, name="images", callback=_at_hand)
app.add_typer(planning.app, name="roster", callback=_at_hand_for_a_territory)
app.add_typer(territory_file.app, name="territory")
app.command("demo")(demo.run)
app.command("simulate")(simulate.run)
app.command("serve", help="Run every process of this machine.")(serve.run)
app.command("web", help="Serve pages, DICOMweb and live events.")(web.run)
app.command("dimse", help="Answer the machines: store, worklist, procedure steps.")(dimse.run)
app.command("mllp", help="Deliver results over MLLP and hear patient identities.")(mllp.run)
app.command("worker", help="Run jobs and clocks.")(worker.run)


def main() -> None:
    """Run one command; a refusal is one sentence and the exit code of its kind."""
    try:
        app()
    except PlateauError as error:
        typer.echo(str(error), err=True)
        sys.exit(EXITS.get(error.code, 1))


if __name__ == "__main__":
    main()
