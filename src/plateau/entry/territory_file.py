"""Territory files: check one, load one, show what is in force.

Here because a file holds both the territory and, for now, its roster, which `planning` publishes.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from plateau.entry import boot, roster_file
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.time import local
from plateau.planning import service as planning
from plateau.platform import clock
from plateau.platform.db import Db, Tx
from plateau.territory import file as territory_file
from plateau.territory import service as territory
from plateau.territory.amending import service as amending
from plateau.territory.amending.types import Amendment
from plateau.territory.blocks import TerritoryFile
from plateau.territory.types import BrokenFileError, Change, Problem
from plateau.web import language
from plateau.web.language import gettext as _

app = typer.Typer(help="Territory files.", no_args_is_help=True)
FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A territory file.")
]
LanguageOption = Annotated[str, typer.Option(help="fr or en.", envvar="PLATEAU_LANGUAGE")]


@app.command()
def check(file: FileArgument, lang: LanguageOption = "fr") -> None:
    """Name every problem of a file as file:line: reason; exit code 2 when there is one."""
    with language.speaking(lang):
        _read_or_exit(file)
        typer.echo(_("{file} is sound").format(file=file))


@app.command()
def load(
    file: FileArgument,
    dry_run: Annotated[bool, typer.Option(help="Show what would change, change nothing.")] = False,
    lang: LanguageOption = "fr",
) -> None:
    """Make the territory what a file says, publish its roster, and show what changes."""
    with language.speaking(lang):
        parsed = _read_or_exit(file)
        with boot.process("territory", pool=2) as runtime:
            for line in loaded(runtime.db, parsed, at=clock.now(), dry_run=dry_run):
                typer.echo(line)


@app.command()
def show(lang: LanguageOption = "fr") -> None:
    """Show the territory in force: its sites, and who answers for each now."""
    with language.speaking(lang), boot.process("territory", pool=2) as runtime:
        with runtime.db.begin() as tx:
            lines = list(summary(tx, at=clock.now()))
        for line in lines:
            typer.echo(line)


class _Undo(Exception):  # noqa: N818 - not an error: it ends a trial
    """Roll a trial back."""


def loaded(db: Db, file: TerritoryFile, *, at: datetime, dry_run: bool = False) -> list[str]:
    """The file and its roster are in force, unless it is a trial; each change as a sentence."""
    lines: list[str] = []
    with suppress(_Undo), db.begin() as tx:
        lines += [_sentence(change) for change in territory.load(tx, file, at=at)]
        duties = planning.publish(tx, roster_file.roster_of(file), at=at)
        if duties:
            lines.append(_("roster: {n} duties changed").format(n=duties))
        if lines:
            lines += [_kept(one) for one in amending.amendments(tx, since=local(at).date())]
        if dry_run:
            raise _Undo
    return lines or [_("nothing changes")]


def read(path: Path) -> TerritoryFile:
    """The file at `path`, its roster checked too; BrokenFileError with every problem."""
    file, problems = territory_file.read(_text(path), str(path))
    problems = sorted([*problems, *roster_file.problems(file)], key=lambda problem: problem.line)
    if problems:
        raise BrokenFileError(str(path), problems)
    return file


def summary(tx: Tx, *, at: datetime) -> Iterator[str]:
    """One line for each member, site and line in force, then who answers for each site."""
    yield from (f"{member.code}\t{member.name}" for member in territory.members(tx))
    for site in territory.sites(tx):
        yield f"{site.code}\t{site.name}\t{site.latitude:.4f} {site.longitude:.4f}"
    for line in territory.lines(tx, on=local(at).date()):
        yield f"{line.code}\t{line.name}\t{line.starts_at:%H:%M}-{line.ends_at:%H:%M}"
    for entry in planning.on_call(tx, at=at):
        people = ", ".join(one.name for one in entry.answering) or _("Not covered")
        yield f"{entry.site.name}\t{people}"


def _read_or_exit(path: Path) -> TerritoryFile:
    try:
        return read(path)
    except BrokenFileError as error:
        for problem in error.problems:
            typer.echo(f"{path}:{problem.line}: {language.sentence(problem.reason)}", err=True)
        raise typer.Exit(2) from error


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFoundError("the file {path} cannot be read", path=str(path)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        problem = Problem(line=line, reason=InvalidInputError("not UTF-8 text"))
        raise BrokenFileError(str(path), [problem]) from error


def _kept(amendment: Amendment) -> str:
    """What people changed in pages, and the file does not undo."""
    text = _("kept over the file: {what} ({reason})")
    return text.format(what=amendment.what, reason=amendment.reason)


def _sentence(change: Change) -> str:
    """A change in words."""
    kind, code = _kind(change.kind), change.code
    if change.verb == "added":
        return _("added: {kind} {code}").format(kind=kind, code=code)
    if change.verb == "ended":
        return _("ended: {kind} {code}").format(kind=kind, code=code)
    return _("changed: {kind} {code}, {field}: {before} → {after}").format(
        kind=kind,
        code=code,
        field=change.field,
        before=change.before or "–",
        after=change.after or "–",
    )


def _kind(kind: str) -> str:
    """The kind of a thing in words."""
    return {
        "account": _("account"),
        "role": _("role"),
        "member": _("member"),
        "site": _("site"),
        "device": _("machine"),
        "exam": _("exam"),
        "reader": _("reader"),
        "staff": _("staff"),
        "skill": _("skill"),
        "privilege": _("privilege"),
        "line": _("line of duty"),
        "covered site": _("covered site"),
        "delay target": _("delay"),
        "destination": _("destination"),
        "peer": _("DICOM system"),
        "route": _("route"),
        "retention": _("retention"),
        "contract": _("contract"),
        "on-call": _("on-call"),
        "aptitude": _("aptitude"),
        "session": _("session"),
        "travel": _("travel time"),
        "share": _("share"),
        "option of line": _("option of a line"),
        "closed site": _("closed site"),
        "agreed": _("agreed"),
    }[kind]
