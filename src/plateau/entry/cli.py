"""The command line: processes, and the commands of the features, each loaded when it is asked."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from plateau.entry import boot
from plateau.kernel.errors import PlateauError

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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a command is; a group of them when it names an `app`."""

    module: str
    name: str = "app"
    help: str | None = None
    callback: Callable[[typer.Context], None] | None = None

    def add_to(self, app: typer.Typer, command: str) -> None:
        """Load it."""
        found = getattr(importlib.import_module(self.module), self.name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=command, callback=self.callback)
        else:
            app.command(command, help=self.help)(found)


_PLACES = {
    "demo": _Place("plateau.entry.demo.run", "run"),
    "simulate": _Place("plateau.entry.simulate.run", "run"),
    "serve": _Place("plateau.entry.serve", "run", "Run every process of this machine."),
    "web": _Place("plateau.entry.web", "run", "Serve pages, DICOMweb and live events."),
    "dimse": _Place(
        "plateau.entry.dimse", "run", "Answer the machines: store, worklist, procedure steps."
    ),
    "mllp": _Place(
        "plateau.entry.mllp", "run", "Deliver results over MLLP and hear patient identities."
    ),
    "worker": _Place("plateau.entry.worker", "run", "Run jobs and clocks."),
    "territory": _Place("plateau.entry.territory_file"),
    "access": _Place("plateau.access.commands", callback=_at_hand),
    "images": _Place("plateau.images.commands", callback=_at_hand),
    "roster": _Place("plateau.planning.commands", callback=_at_hand_for_a_territory),
    "activity": _Place("plateau.activity.commands", callback=_at_hand),
    "ledger": _Place("plateau.activity.ledger.commands", callback=_at_hand),
    "settlement": _Place("plateau.activity.settlement.commands", callback=_at_hand),
}


class _Commands(TyperGroup):
    """A process loads the code of its own command alone: the planner's solver weighs seconds."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command."""
        return list(_PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, loaded now."""
        if cmd_name not in _PLACES:
            return None
        one = typer.Typer(add_completion=False)
        one.callback()(_plateau)
        _PLACES[cmd_name].add_to(one, cmd_name)
        group: Any = typer.main.get_command(one)
        return group.commands[cmd_name]


def _plateau() -> None:
    """A territory's pooled medical imaging."""


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)
app.callback()(_plateau)


def main() -> None:
    """Run one command; a refusal is one sentence and the exit code of its kind."""
    try:
        app()
    except PlateauError as error:
        typer.echo(str(error), err=True)
        sys.exit(EXITS.get(error.code, 1))


if __name__ == "__main__":
    main()
