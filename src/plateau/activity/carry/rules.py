"""The drift of an agreement, in sessions of each family of machines."""

from collections.abc import Mapping, Sequence

from plateau.activity.agreements.types import Agreement
from plateau.activity.counter import rules as counting
from plateau.activity.counter.types import Row, Span
from plateau.planning.types import ShareNote


def notes(
    agreement: Agreement, span: Span, rows: Sequence[Row], families: Mapping[str, Sequence[str]]
) -> list[ShareNote]:
    """What each party did beyond its share over a span, by family; nothing where nobody did any.

    Units: sessions; the notes of a family add up to zero.
    """
    found: list[ShareNote] = []
    for family, machines in sorted(families.items()):
        mine = [row for row in rows if row.machine in machines]
        count = counting.count(agreement, span, mine, (), "session")
        if count.total:
            found += [
                ShareNote(
                    family=family,
                    member=one.member,
                    sessions=one.drift / 100_00,
                    source=f"{agreement.code}, {span.first_on} – {span.last_on}",
                )
                for one in count.standings
            ]
    return found
