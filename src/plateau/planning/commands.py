"""Commands of planning."""

import math
from pathlib import Path
from typing import Annotated

import typer

from plateau.planning.solver import race, shift_model, shifts
from plateau.planning.solver.board import Board, Standing

app = typer.Typer(no_args_is_help=True, help="Rosters.")


@app.callback()
def _roster() -> None:
    """Make rosters, check them and explain them."""


@app.command()
def benchmark(
    instance: Annotated[Path, typer.Argument(help="In the public shift-scheduling format.")],
    seconds: Annotated[float, typer.Option(help="Longest time to search.")] = 300,
    workers: Annotated[int, typer.Option(help="Threads.")] = 2,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    solution: Annotated[Path | None, typer.Option(help="Where to write the best.")] = None,
) -> None:
    """Solve a public instance; print the best cost, the bound and the gap as they move."""
    problem = shifts.read(instance.read_text("utf-8"))
    plan = shift_model.build(problem)
    board = Board(seconds=seconds, on_change=_print)
    race.run(plan, board, workers=workers, seed=seed)
    standing = board.standing()
    if board.values is None:
        typer.echo("no solution" if board.is_infeasible else "no solution in that time")
        raise typer.Exit(code=5)
    taken = plan.taken(board.values)
    for fault in shifts.faults(problem, taken):
        typer.echo(f"fault\t{fault}")
    typer.echo(f"best\t{shifts.cost(problem, taken)}")
    typer.echo(f"bound\t{_figure(standing.bound)}")
    typer.echo(f"gap\t{100 * standing.gap:.2f} %")
    typer.echo(f"seconds\t{standing.seconds:.1f}")
    if solution:
        solution.write_text(shifts.write(problem, taken), "utf-8")


def _print(standing: Standing) -> None:
    """One line of progress."""
    best, bound = _figure(standing.best), _figure(standing.bound)
    typer.echo(f"{standing.seconds:.1f} s\t{best}\t{bound}\t{standing.engine}", err=True)


def _figure(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "-"
