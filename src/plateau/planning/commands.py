"""Commands of planning."""

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.planning.publication.service import desk
from plateau.planning.roster import file, samples
from plateau.planning.roster.check import check as breaches_of
from plateau.planning.roster.types import Assignment, Breach, Person, Post, Problem, Roster, Span
from plateau.planning.solver import book, construct, race, shift_model, shifts
from plateau.planning.solver.board import Board, Standing
from plateau.planning.solver.conflicts import explain as why
from plateau.planning.solver.replan import replan as fewest_changes
from plateau.planning.solver.solve import Progress
from plateau.planning.solver.solve import solve as solved
from plateau.platform import clock, runtime

app = typer.Typer(no_args_is_help=True, help="Rosters.")
_SAMPLES = {
    "basque-landes": samples.basque_landes,
    "le-mans": samples.le_mans,
    "region": samples.region,
}


@app.callback()
def _roster() -> None:
    """Make rosters, check them and explain them."""


@app.command()
def solve(  # noqa: PLR0913, PLR0917  # one argument for each option
    territory: Annotated[
        str | None, typer.Argument(help="Code of the one in the database.")
    ] = None,
    since: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, a Monday.")
    ] = datetime(2027, 1, 4, tzinfo=UTC),
    weeks: Annotated[int, typer.Option(min=1, max=53, help="How long.")] = 13,
    seconds: Annotated[float, typer.Option(help="Longest time to search.")] = 60,
    workers: Annotated[int, typer.Option(min=1, help="Threads; with one, repeatable.")] = 2,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    sample: Annotated[str | None, typer.Option(help=", ".join(_SAMPLES))] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Where to write the roster.")] = None,
) -> None:
    """Make a roster for a territory, or for an invented one of a real size."""
    problem = _problem(territory, sample, since.date(), weeks)
    found = solved(problem, seconds=seconds, workers=workers, seed=seed, on_progress=_say)
    if out:
        _write(out, problem, found.roster)
    typer.echo(f"cost\t{found.cost:.1f}\nbound\t{found.bound:.1f}\ngap\t{100 * found.gap:.2f} %")
    typer.echo(
        f"sessions\t{found.session_cost:.1f}\nof which proven\t{found.session_bound:.1f}\n"
        f"sessions' gap\t{100 * found.session_gap:.2f} %, given the duties"
    )
    for rule, cost in sorted(found.by_rule.items()):
        typer.echo(f"rule\t{rule}\t{cost:.1f}")
    hard = [one for one in found.breaches if one.is_hard]
    for one in hard:
        typer.echo(f"breach\t{_sentence(one)}")
    for conflict in why(problem, found.roster) if hard else ():
        typer.echo(f"because\t{conflict.text.format(**conflict.values)}")
        for relaxation in conflict.relaxations:
            typer.echo(f"would do\t{relaxation.text.format(**relaxation.values)}")
    raise typer.Exit(code=5 if hard else 0)


def _problem(territory: str | None, sample: str | None, first: date, weeks: int) -> Problem:
    if sample is not None:
        if sample not in _SAMPLES:
            raise NotFoundError("no such sample: {name}", name=sample)
        return _SAMPLES[sample](weeks=weeks, first=first)
    if territory is None:
        raise InvalidInputError("name a territory, or a sample")
    last = first + timedelta(days=7 * weeks - 1)
    with runtime.db().begin() as tx:
        return desk.as_known(tx, first=first, last=last, now=clock.now())


@app.command()
def check(
    planned: Annotated[Path, typer.Argument(help="As `solve --json` writes it.")],
) -> None:
    """Judge a roster, whoever made it; hard breaches end with code 5."""
    problem, roster = _read(planned)
    found = breaches_of(problem, roster)
    for one in found:
        typer.echo(f"{'hard' if one.is_hard else 'soft'}\t{one.rule}\t{_sentence(one)}")
    hard = sum(one.is_hard for one in found)
    typer.echo(f"{hard} hard breaches, {len(found) - hard} soft")
    raise typer.Exit(code=5 if hard else 0)


@app.command()
def explain(
    planned: Annotated[Path, typer.Argument(help="As `solve --json` writes it.")],
    person: Annotated[str, typer.Option(help="A name, or a part of one.")],
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"])],
) -> None:
    """Say what somebody does on a day, and why they do not hold its other posts."""
    problem, roster = _read(planned)
    one = _person(problem, person)
    mine = [post for post in problem.posts if _holds(roster, one, post)]
    for post in problem.posts:
        if post.on == on.date():
            typer.echo(f"{post.name}\t{_reason(problem, one, post, mine)}")
    for breach in breaches_of(problem, roster):
        if breach.person_id == one.person_id and breach.on == on.date():
            typer.echo(f"{breach.rule}\t{_sentence(breach)}")


@app.command()
def replan(
    planned: Annotated[Path, typer.Argument(help="As `solve --json` writes it.")],
    person: Annotated[str, typer.Option(help="Who is away: a name, or a part of one.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    days: Annotated[int, typer.Option(min=1, help="How long.")] = 1,
    out: Annotated[Path | None, typer.Option("--json", help="Where to write the roster.")] = None,
) -> None:
    """Mend a roster when somebody is away, with the fewest changes, proven fewest if possible."""
    problem, roster = _read(planned)
    one, first = _person(problem, person), since.date()
    away = Span(first=first, last=first + timedelta(days=days - 1))
    crowd = tuple(
        replace(each, leave=(*each.leave, away)) if each is one else each for each in problem.people
    )
    found = fewest_changes(replace(problem, people=crowd, published=roster.assignments))
    if out:
        _write(out, problem, found.roster)
    names = {each.person_id: each.name for each in problem.people}
    posts = {each.post_id: each for each in problem.posts}
    for new in sorted(found.changed, key=lambda each: posts[each.post_id].starts_at):
        post = posts[new.post_id]
        typer.echo(f"{post.on}\t{post.name}\t{names[new.person_id]}")
    typer.echo(f"changes\t{len(found.changed)}\nfewest\t{found.fewest}\nshort\t{found.short}")
    raise typer.Exit(code=5 if found.short else 0)


def _write(out: Path, problem: Problem, roster: Roster) -> None:
    content = {
        "problem": json.loads(file.write_problem(problem)),
        "roster": json.loads(file.write_roster(roster)),
    }
    out.write_text(json.dumps(content, indent=1), "utf-8")


def _holds(roster: Roster, person: Person, post: Post) -> bool:
    places = range(1, post.needed + 1)
    return any(Assignment(post.post_id, person.person_id, n) in roster.assignments for n in places)


def _reason(problem: Problem, person: Person, post: Post, mine: list[Post]) -> str:
    """Why somebody holds a post, or cannot: the rules in the way."""
    if post in mine:
        return "held"
    rules = book.Book(problem)
    lacking = book.lacks(person, post)
    clashes = (
        f"{clash} ({other.name}, {other.on})"
        for other in mine
        if (clash := book.clash(rules, person, post, other)) is not None
        and abs(other.on - post.on) <= timedelta(days=2)
    )
    return ", ".join([*lacking, *clashes]) or "possible"


def _person(problem: Problem, name: str) -> Person:
    found = [one for one in problem.people if name.casefold() in one.name.casefold()]
    if len(found) != 1:
        raise NotFoundError("{count} people are called {name}", count=len(found), name=name)
    return found[0]


def _read(planned: Path) -> tuple[Problem, Roster]:
    try:
        content = json.loads(planned.read_text("utf-8"))
        parts = [json.dumps(content[name]).encode() for name in ("problem", "roster")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("{file} is not a planned roster", file=planned.name) from error
    return file.read_problem(parts[0]), file.read_roster(parts[1])


def _sentence(breach: Breach) -> str:
    return breach.text.format(**breach.values)


def _say(progress: Progress) -> None:
    best, bound = _figure(progress.best), _figure(progress.bound)
    share = f"{100 * progress.done:.0f} %"
    typer.echo(f"{progress.seconds:.1f} s\t{progress.step}\t{share}\t{best}\t{bound}", err=True)


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
    start = partial(construct.first, problem, plan, board, seed=seed)
    race.run(plan, board, workers=workers, seed=seed, start=start)
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
