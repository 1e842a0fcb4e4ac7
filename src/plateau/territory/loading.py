"""Loading a territory file: what it says holds, what it no longer names ends."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from plateau.access import service as access
from plateau.kernel.caller import Role
from plateau.kernel.time import local
from plateau.platform.db import Record, Tx
from plateau.territory import deal_rows, image_tables, plan_rows, plan_tables, queries, rows, tables
from plateau.territory.amending import service as amending
from plateau.territory.blocks import TerritoryFile
from plateau.territory.rules import Difference, Shape, differences
from plateau.territory.tables import Table
from plateau.territory.types import Account, Change, Grant

R = TypeVar("R", bound=Record)


def load(tx: Tx, file: TerritoryFile, *, at: datetime) -> list[Change]:
    """The territory is what the file says; what changed, in the order of the tables.

    Nothing is forgotten: what the file no longer names ends today. Loading the same file again
    changes nothing.
    """
    loading = Loading(tx, on=local(at).date(), names=_names(tx) | rows.names(file))
    _load_accounts(loading, rows.accounts(file), at=at)
    for table, wanted in _tables(file):
        loading.table(table, wanted)
    _load_grants(loading, rows.grants(file, on=loading.on))
    if loading.changes:
        queries.add_revision(
            tx,
            file_name=file.name,
            digest=file.digest,
            changes=[asdict(change) for change in loading.changes],
            at=at,
        )
        tx.touch("duty")
    return loading.changes


@dataclass(slots=True)
class Loading:
    """One loading of a file, and what it has changed so far."""

    tx: Tx
    on: date
    names: Mapping[UUID, str]
    changes: list[Change] = field(default_factory=list[Change])

    def differences(
        self, table: Table[R], wanted: Sequence[R], *, known: Sequence[R]
    ) -> Difference[R]:
        """What changes in a table; noted."""
        shape = Shape(kind=table.kind, key=table.key, end=table.end, names=self.names)
        found = differences(known, wanted, shape, on=self.on)
        self.changes += found.changes
        return found

    def table(self, table: Table[R], wanted: Sequence[R]) -> None:
        """The table holds the wanted rows, and the others end; what people changed goes on."""
        found = self.differences(table, wanted, known=amending.unamended(self.tx, table))
        amending.load(self.tx, table, found.written)


def _tables(file: TerritoryFile) -> Iterator[tuple[Table[Any], Sequence[Any]]]:
    """Every table of the territory and its rows, those that others refer to first."""
    yield tables.MEMBERS, rows.members(file)
    yield tables.SITES, rows.sites(file)
    yield tables.DEVICES, rows.devices(file)
    yield tables.EXAM_TYPES, rows.exam_types(file)
    yield tables.PRACTITIONERS, rows.practitioners(file)
    yield tables.STAFF, rows.staff(file)
    yield tables.SKILLS, rows.skills(file)
    yield tables.PRIVILEGES, rows.privileges(file)
    yield tables.LINES, rows.lines(file)
    yield tables.LINE_SITES, rows.line_sites(file)
    yield tables.DELAY_TARGETS, rows.delay_targets(file)
    yield tables.DESTINATIONS, rows.destinations(file)
    yield tables.PEERS, rows.peers(file)
    yield tables.ROUTES, rows.routes(file)
    yield image_tables.RETENTIONS, rows.retentions(file)
    yield image_tables.QUOTAS, rows.quotas(file)
    yield from _plan_tables(file)
    yield deal_rows.AGREED, deal_rows.agreed(file)


def _plan_tables(file: TerritoryFile) -> Iterator[tuple[Table[Any], Sequence[Any]]]:
    """The tables that a roster is made from."""
    yield plan_tables.CONTRACTS, plan_rows.contracts(file)
    yield plan_tables.LINE_MEMBERS, plan_rows.line_members(file)
    yield plan_tables.APTITUDES, plan_rows.aptitudes(file)
    yield plan_tables.SESSIONS, plan_rows.sessions(file)
    yield plan_tables.TRAVELS, plan_rows.travels(file)
    yield plan_tables.SHARES, plan_rows.shares(file)
    yield plan_tables.LINE_OPTIONS, plan_rows.line_options(file)
    yield plan_tables.LINE_CLOSURES, plan_rows.line_closures(file)


def _load_accounts(loading: Loading, wanted: Sequence[Account], *, at: datetime) -> None:
    """Everybody named has an open account; those who are no longer named have theirs closed."""
    named = {account.person_id for account in wanted}
    known = [
        account
        for account in tables.read(loading.tx, tables.ACCOUNTS)
        if account.person_id in named or not account.closed
    ]
    found = loading.differences(tables.ACCOUNTS, wanted, known=known)
    for account in found.written:
        access.ensure_account(
            loading.tx, person_id=account.person_id, login=account.login, name=account.name
        )
    for account in found.gone:
        access.close_account(loading.tx, person_id=account.person_id, at=at)


def _load_grants(loading: Loading, wanted: Sequence[Grant]) -> None:
    """Everybody named holds the roles of the file and no other."""
    known = tables.read(loading.tx, tables.GRANTS)
    found = loading.differences(tables.GRANTS, wanted, known=known)
    for grant in found.written:
        access.grant(
            loading.tx, person_id=grant.person_id, role=Role(grant.role), site_id=grant.site_id
        )
    for grant in found.gone:
        access.revoke(
            loading.tx, person_id=grant.person_id, role=Role(grant.role), site_id=grant.site_id
        )


def _names(tx: Tx) -> dict[UUID, str]:
    """The code behind each id that is known."""
    return {
        **{member.member_id: member.code for member in tables.read(tx, tables.MEMBERS)},
        **{site.site_id: site.code for site in tables.read(tx, tables.SITES)},
        **{device.device_id: device.ae_title for device in tables.read(tx, tables.DEVICES)},
        **{line.line_id: line.code for line in tables.read(tx, tables.LINES)},
        **{reader.person_id: reader.code for reader in tables.read(tx, tables.PRACTITIONERS)},
        **{person.person_id: person.code for person in tables.read(tx, tables.STAFF)},
        **{target.destination_id: target.code for target in tables.read(tx, tables.DESTINATIONS)},
    }
