"""What the counted acts say: delays by urgency, readings by reader and member."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from plateau.activity.agreements.types import Agreement
from plateau.activity.ledger.types import Fact
from plateau.activity.types import Act, Delay, Entry, Period, Share, Summary, Table, Tally
from plateau.kernel.errors import InvalidInputError

_LONGEST = timedelta(days=3660)
_WITH_FEE = frozenset({"CT", "MR", "PT"})
_COLUMNS = (
    "entry", "kind", "exam", "exam_code", "modality", "urgency", "site", "member", "reader",
    "line", "duty_on", "complete_at", "signed_at", "counted_at", "turnaround_s",
)  # fmt: skip


def key_of(act: Act) -> str:
    """What the ledger calls a reading: an exam is counted once, and again when it is read again."""
    again = f":{act.number}" if act.number > 1 else ""
    return f"reading:{act.exam_id}{again}"


def reading(act: Act) -> Fact:
    """A signed reading as the ledger says it."""
    return Fact(
        key=key_of(act),
        kind="reading",
        happened_on=act.happened_on,
        exam_id=act.exam_id,
        version_id=act.version_id,
        exam_code=act.exam_code,
        modality=act.modality,
        urgency=act.urgency,
        site_id=act.site_id,
        member_id=act.member_id,
        reader_id=act.reader_id,
        line_id=act.line_id,
        duty_id=act.duty_id,
        complete_at=act.complete_at,
        signed_at=act.signed_at,
        machine=act.machine,
        session=act.session,
        reader_member=act.reader_member,
        session_member=act.session_member,
        patient_member=act.patient_member,
        status=act.status,
        minutes=act.minutes,
    )


def fee_of(reading: Fact, agreements: Iterable[Agreement]) -> Iterator[Fact]:
    """The technical fee of an exam, where an agreement shares those of its machine.

    Source: UNCAM, technical fees of CT, MRI and PET.
    """
    for one in agreements:
        held = one.valid_from <= reading.happened_on
        over = one.valid_to is not None and reading.happened_on >= one.valid_to
        counts = reading.machine in one.ae_titles and one.operator is not None
        if held and not over and counts and reading.modality in _WITH_FEE:
            yield Fact(
                key=f"fee:{reading.exam_id}",
                kind="fee",
                happened_on=reading.happened_on,
                exam_id=reading.exam_id,
                exam_code=reading.exam_code,
                modality=reading.modality,
                machine=reading.machine,
                session=reading.session,
                reader_member=reading.reader_member,
                session_member=reading.session_member,
                patient_member=reading.patient_member,
                minutes=reading.minutes,
            )


def period(start: datetime | None, end: datetime | None, *, now: datetime) -> Period:
    """The period asked for; the last 24 hours when nothing is."""
    end = end or now
    start = start or end - timedelta(days=1)
    if not start < end:
        raise InvalidInputError("the period ends before it starts")
    if end - start > _LONGEST:
        raise InvalidInputError("the period is longer than ten years")
    return Period(start=start, end=end)


def percentile(delays: Sequence[timedelta], percent: int) -> timedelta:
    """The shortest delay that at least `percent` % of `delays` do not exceed.

    Nearest rank: always a delay that was really observed, never one interpolated between two.

    Source: NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.6.2; `percentile_disc` of SQL.
    """
    ordered = sorted(delays)
    rank = -(-percent * len(ordered) // 100)
    return ordered[max(rank, 1) - 1]


def summaries(delays: Iterable[Delay]) -> list[Summary]:
    """The delays of each urgency, the most urgent first.

    A reading is on time when it took no longer than the target in force when it was signed.
    """
    groups: dict[str, list[Delay]] = {}
    for delay in delays:
        groups.setdefault(delay.urgency, []).append(delay)
    return [_summary(urgency, groups[urgency]) for urgency in sorted(groups)]


def _summary(urgency: str, delays: Sequence[Delay]) -> Summary:
    spans = [delay.turnaround for delay in delays]
    judged = [(delay.turnaround, delay.target) for delay in delays if delay.target is not None]
    return Summary(
        urgency=urgency,
        readings=len(delays),
        p50=percentile(spans, 50),
        p90=percentile(spans, 90),
        targets=tuple(sorted({target for _, target in judged})),
        judged=len(judged),
        on_time=sum(span <= target for span, target in judged),
    )


def table(tallies: Iterable[Tally]) -> Table:
    """Readings by reader (the busiest first) and member."""
    counted = list(tallies)
    members = tuple(sorted({tally.member_code for tally in counted}))
    names = {tally.reader_id: tally.reader_name for tally in counted}
    cells = {(tally.reader_id, tally.member_code): tally.readings for tally in counted}
    rows: list[Share] = []
    for reader_id, name in names.items():
        counts = tuple(cells.get((reader_id, member), 0) for member in members)
        rows.append(Share(reader_name=name, counts=counts, total=sum(counts)))
    rows.sort(key=lambda row: (-row.total, row.reader_name))
    totals = tuple(sum(row.counts[i] for row in rows) for i in range(len(members)))
    return Table(members=members, rows=tuple(rows), totals=totals, total=sum(totals))


def as_csv(entries: Iterable[Entry]) -> str:
    """The entries as a spreadsheet reads them: one a line, semicolons, instants in UTC.

    Units: turnaround in seconds.
    """
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(_COLUMNS)
    lines.writerows([_cell(value) for value in _line(entry)] for entry in entries)
    return text.getvalue()


def _line(entry: Entry) -> tuple[object, ...]:
    return (
        entry.entry_id,
        entry.kind,
        entry.exam_id,
        entry.exam_code,
        entry.modality,
        entry.urgency,
        entry.site_code,
        entry.member_code,
        entry.reader_name,
        entry.line_code or "",
        entry.duty_on.isoformat() if entry.duty_on else "",
        entry.complete_at.isoformat(),
        entry.signed_at.isoformat(),
        entry.counted_at.isoformat(),
        round(entry.turnaround.total_seconds()),
    )


def _cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula is quoted."""
    return f"'{value}" if isinstance(value, str) and value[:1] in set("=+-@\t\r") else value
