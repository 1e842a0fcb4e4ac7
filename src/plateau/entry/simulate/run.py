"""`plateau simulate`: a territory loaded, its ledger filled, its past periods closed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from plateau.access import service as access
from plateau.activity.agreements import rules as arithmetic
from plateau.activity.agreements import service as agreements
from plateau.activity.agreements.types import Agreement
from plateau.activity.counter import rules as counting
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Fact
from plateau.activity.settlement import service as settlement
from plateau.entry import boot, territory_file
from plateau.entry.simulate import draw
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.platform import clock
from plateau.platform.db import Db, Tx
from plateau.territory import rows as territory_rows
from plateau.territory import service as territory
from plateau.territory.blocks import TerritoryFile
from plateau.web.language import gettext as _

_FOLDER = Path("territories")
_BATCH = 5_000


def run(
    name: Annotated[str, typer.Argument(help="A file of territories/, without .toml.")],
    months: Annotated[int, typer.Option(min=1, max=24, help="Months before this one.")] = 6,
    seed: Annotated[int, typer.Option(help="The same seed gives the same months.")] = 1,
    password: Annotated[
        str | None, typer.Option(help="Every account signs in with it: only for a trial.")
    ] = None,
) -> None:
    """Load a territory and fill its ledger with invented sessions, exams, fees, costs, duties.

    Periods that are over are checked, signed by a manager of each party, and closed.
    """
    path = _FOLDER / f"{name}.toml"
    if not path.exists():
        raise NotFoundError("the file {path} cannot be read", path=str(path))
    file = territory_file.read(path)
    with boot.process("simulate", pool=4) as runtime:
        territory_file.loaded(runtime.db, file, at=clock.now())
        if password:
            with runtime.db.begin() as tx:
                access.set_password_of_all(tx, password=password)
        for line in simulated(runtime.db, file, months=months, seed=seed, now=clock.now()):
            typer.echo(line)


def simulated(db: Db, file: TerritoryFile, *, months: int, seed: int, now: datetime) -> list[str]:
    """The ledger holds the months, periods that are over are closed; what was done, in words."""
    said: list[str] = []
    today = local(now).date()
    with db.begin() as tx:
        held = [one for one in agreements.agreements(tx) if _holds(one, today)]
        cast = _cast(tx, file)
    for agreement in held:
        first = max(_months_before(today, months), agreement.valid_from)
        story = draw.Story(
            file=file, agreement=agreement, cast=cast, first_on=first, last_on=today, seed=seed
        )
        n = _filled(db, story, at=now)
        said.append(_("{agreement}: {n} entries").format(agreement=agreement.code, n=n))
        said += _closed(db, file, agreement, now=now)
    return said


def _filled(db: Db, story: draw.Story, *, at: datetime) -> int:
    n, batch = 0, list[Fact]()
    for facts in draw.facts(story):
        batch += facts
        if len(batch) >= _BATCH:
            n += _appended(db, batch, at=at)
            batch = []
    return n + _appended(db, batch, at=at)


def _appended(db: Db, facts: Sequence[Fact], *, at: datetime) -> int:
    with db.begin() as tx:
        return ledger.append(tx, facts, at=at)


def _closed(db: Db, file: TerritoryFile, agreement: Agreement, *, now: datetime) -> list[str]:
    """Every period that is over is signed by a manager of each party, and closed."""
    said: list[str] = []
    span = counting.span_of(agreement, on=agreement.valid_from)
    while span.last_on < local(now).date():
        with db.begin() as tx:
            signers = {member: _manager(tx, file, member) for member in agreement.parties}
            first = signers[agreement.parties[0]]
            if settlement.states(tx, agreement).get(span.first_on) != "closed":
                settlement.check(tx, first, agreement, span, at=now)
                for member, caller in signers.items():
                    settlement.sign(tx, caller, agreement, span, member=member, at=now)
                settlement.close(tx, first, agreement, span, at=now)
                said.append(_("{agreement}: the period from {day} is closed").format(
                    agreement=agreement.code, day=span.first_on))  # fmt: skip
        span = counting.span_of(agreement, on=counting.after(span))
    return said


def _manager(tx: Tx, file: TerritoryFile, member: str) -> Caller:
    """Somebody who answers for a member."""
    own = {site.code for site in file.sites if site.member == member}
    for person in file.staff:
        if any(item.role is Role.MANAGER and own & {*item.sites} for item in person.roles):
            person_id = territory_rows.person_id(person.code)
            roles = access.roles_of(tx, person_id=person_id)
            return Caller(person_id=person_id, name=person.name, roles=roles)
    raise NotFoundError("nobody answers for {member}", member=member)


def _cast(tx: Tx, file: TerritoryFile) -> draw.Cast:
    return draw.Cast(
        people={one.code: territory_rows.person_id(one.code) for one in file.readers},
        sites={one.code: one.site_id for one in territory.sites(tx)},
        members={one.code: one.member_id for one in territory.members(tx)},
    )


def _holds(agreement: Agreement, today: date) -> bool:
    return arithmetic.in_force([agreement], on=today) is not None


def _months_before(today: date, months: int) -> date:
    """The first day of the month so many months before."""
    day = today.replace(day=1)
    for _month in range(months):
        day = (day - timedelta(days=1)).replace(day=1)
    return day
