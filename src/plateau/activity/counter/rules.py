"""Done against target, by unit and over time, and the sessions that would bring it back."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

from plateau.activity.agreements import rules as arithmetic
from plateau.activity.agreements.types import Agreement, Made, Tariff
from plateau.activity.counter.types import Count, Counter, Exchange, Point, Row, Span, Standing
from plateau.kernel.errors import InvalidInputError

HELD = ("session_held", "session_made_up", "session_lent")
_BY_REST = ("session_given_up", "session_refused")
SESSIONS = (*HELD, *_BY_REST)
KINDS: Mapping[str, tuple[str, ...]] = {
    "session": HELD,
    "exam": ("reading",),
    "minute": ("reading",),
    "icr": ("reading",),
    "euro": ("fee",),
}
MONEY = ("cost", "forecast")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
Amounts = Mapping[tuple[date, str], int]  # by day and owner; '' for nobody


def span_of(agreement: Agreement, *, on: date) -> Span:
    """The period of the agreement that a day belongs to."""
    months = _MONTHS[agreement.period]
    first = on.replace(month=(on.month - 1) // months * months + 1, day=1)
    return Span(first_on=first, last_on=_months_after(first, months) - timedelta(days=1))


def before(agreement: Agreement, span: Span) -> Span:
    """The period before a period."""
    return span_of(agreement, on=span.first_on - timedelta(days=1))


def after(span: Span) -> date:
    """The first day after a period."""
    return span.last_on + timedelta(days=1)


def parsed(agreement: Agreement, text: str, *, today: date) -> Span:
    """The period that a text such as 2026-04-01 falls in; the current one when it is empty."""
    try:
        return span_of(agreement, on=date.fromisoformat(text) if text else today)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("this is not a date: write it as 2026-11-24") from error


def owner_of(agreement: Agreement, row: Row) -> str:
    """Whose a row is: sessions are of who used them, acts of whom the agreement says."""
    if row.kind == "session_lent":
        return row.reader_member
    if row.kind in SESSIONS:
        return row.session_member
    by_rule = {
        "reader": row.reader_member,
        "session": row.session_member,
        "patient": row.patient_member,
    }
    return by_rule[agreement.owner]


def counter(
    agreement: Agreement, span: Span, rows: Sequence[Row], tariffs: Sequence[Tariff]
) -> Counter:
    """Everything that the agreement counts over the span; `rows` begin on 1 January of its year."""
    counts = tuple(count(agreement, span, rows, tariffs, unit) for unit in agreement.units)
    return Counter(
        counts=counts,
        exchanges=tuple(exchanges(agreement, counts[0])),
        sessions=_sessions(agreement, span, rows),
    )


def count(
    agreement: Agreement, span: Span, rows: Iterable[Row], tariffs: Sequence[Tariff], unit: str
) -> Count:
    """One unit: cents for euros, whole hundredths for relative units."""
    kinds = KINDS[unit]
    own = [row for row in rows if row.kind in kinds]
    amounts, unpriced = _COUNTED[unit](agreement, own, tariffs, span)
    inside = {
        key: amount for key, amount in amounts.items() if span.first_on <= key[0] <= span.last_on
    }
    parties = {*agreement.parties}
    done = Tally[str]()
    for (_, owner), amount in inside.items():
        done[owner if owner in parties else ""] += amount
    standings = _standings(agreement, done)
    return Count(
        unit=unit,
        standings=standings,
        total=sum(standing.done for standing in standings),
        unowned=done[""],
        unpriced=unpriced,
        is_in_band=all(is_in_band(agreement, standing) for standing in standings),
        points=_points(agreement, inside),
    )


def is_in_band(agreement: Agreement, standing: Standing) -> bool:
    """Whether a party is within the tolerance of its target."""
    return abs(standing.drift) <= agreement.tolerance * standing.total


def exchanges(agreement: Agreement, count: Count) -> list[Exchange]:
    """The fewest whole sessions, from those above their target to those below, that bring it back.

    Nothing within the band. After them nobody is a whole session away from the target. In a unit
    that is not sessions, nothing is proposed: a session has no fixed worth in it.
    """
    if count.is_in_band or count.unit != "session":
        return []
    drift = {one.member: one.drift for one in count.standings}
    whole = {member: _toward_zero(amount) for member, amount in drift.items()}
    above = [[member, amount] for member, amount in sorted(whole.items()) if amount > 0]
    below = [[member, -amount] for member, amount in sorted(whole.items()) if amount < 0]
    found: list[Exchange] = []
    while above and below:
        (giver, most), (taker, wanted) = above[0], below[0]
        n = min(int(most), int(wanted))
        found.append(
            Exchange(
                giver=str(giver),
                taker=str(taker),
                sessions=n,
                feasible=min(n, _room(agreement)),
            )
        )
        for side in (above, below):
            side[0][1] = int(side[0][1]) - n
            if not side[0][1]:
                side.pop(0)
    return found


def _room(agreement: Agreement) -> int:
    rule = agreement.make_up
    return rule.within_weeks * rule.most_per_week if rule else 0


def _toward_zero(drift: int) -> int:
    return abs(drift) // 100_00 * (1 if drift > 0 else -1)


def _standings(agreement: Agreement, done: Mapping[str, int]) -> tuple[Standing, ...]:
    total = sum(done.get(member, 0) for member in agreement.parties)
    return tuple(
        Standing(
            member=member, done=done.get(member, 0), share=agreement.shares[member], total=total
        )
        for member in agreement.parties
    )


def _points(agreement: Agreement, amounts: Amounts) -> tuple[Point, ...]:
    """Where the parties stand at the end of each week with something in it, from the first day."""
    by_week: dict[date, Tally[str]] = {}
    for (day, owner), amount in amounts.items():
        week = day + timedelta(days=6 - day.weekday())
        by_week.setdefault(week, Tally())[owner] += amount
    weeks = sorted(by_week)
    sums = accumulate((by_week[week] for week in weeks), _added)
    return tuple(
        Point(day=week, standings=_standings(agreement, done))
        for week, done in zip(weeks, sums, strict=True)
    )


def _added(one: Tally[str], other: Tally[str]) -> Tally[str]:
    total = Tally(one)
    total.update(other)
    return total


def _sessions(agreement: Agreement, span: Span, rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    found = {kind: dict.fromkeys(agreement.parties, 0) for kind in SESSIONS}
    for row in rows:
        owner = owner_of(agreement, row)
        if (
            row.kind in found
            and owner in found[row.kind]
            and span.first_on <= row.day <= span.last_on
        ):
            found[row.kind][owner] += row.quantity
    return found


def _quantities(
    agreement: Agreement, rows: Iterable[Row], _: object, __: object
) -> tuple[Amounts, int]:
    return _summed(agreement, rows, lambda row: row.quantity), 0


def _minutes(
    agreement: Agreement, rows: Iterable[Row], _: object, __: object
) -> tuple[Amounts, int]:
    return _summed(agreement, rows, lambda row: row.minutes), 0


def _relative(
    agreement: Agreement, rows: Sequence[Row], _: object, span: Span
) -> tuple[Amounts, int]:
    weights = agreement.weights
    unpriced = sum(
        row.quantity
        for row in rows
        if row.exam_code not in weights and span.first_on <= row.day <= span.last_on
    )
    return _summed(
        agreement, rows, lambda row: row.quantity * weights.get(row.exam_code, 0)
    ), unpriced


def _euros(
    agreement: Agreement, rows: Sequence[Row], tariffs: Sequence[Tariff], span: Span
) -> tuple[Amounts, int]:
    fees, missing = arithmetic.priced(made(agreement, rows), tariffs, agreement)
    amounts: Tally[tuple[date, str]] = Tally()
    for fee in fees:
        amounts[fee.day, fee.owner] += fee.cents
    inside = (one for one in missing if span.first_on <= one.day <= span.last_on)
    return amounts, sum(one.count for one in inside)


def made(agreement: Agreement, rows: Iterable[Row]) -> list[Made]:
    """The fees of the machines, by day and owner."""
    counts: dict[tuple[str, str, date, str], int] = {}
    for row in rows:
        if row.kind == "fee":
            key = (row.machine, row.modality, row.day, owner_of(agreement, row))
            counts[key] = counts.get(key, 0) + row.quantity
    return [Made(*key, count) for key, count in sorted(counts.items()) if count]


def _summed(agreement: Agreement, rows: Iterable[Row], amount: Callable[[Row], int]) -> Amounts:
    found: Tally[tuple[date, str]] = Tally()
    for row in rows:
        found[row.day, owner_of(agreement, row)] += amount(row)
    return found


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


_COUNTED: Mapping[str, Callable[..., tuple[Amounts, int]]] = {
    "session": _quantities,
    "exam": _quantities,
    "minute": _minutes,
    "icr": _relative,
    "euro": _euros,
}


def number(text: str) -> int:
    """The number of an entry as an address holds it."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInputError("this is not the number of an entry")
    return int(text)
