"""The words of reports, in the reader's language."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from plateau.activity.reports.types import Balance, Cell, Facts, Report, Table
from plateau.activity.settlement.sheets import section_name, what_name
from plateau.web import formats
from plateau.web.language import gettext as _
from plateau.web.language import ngettext


def report(kind: str, facts: Facts) -> Report:
    """One of the reports, in words."""
    make, title = _MAKERS[kind]
    return Report(
        kind=kind,
        title=title(),
        year=facts.scope.year,
        until=facts.scope.last_on,
        tables=list(make(facts)),
        missing=list(_missing(kind, facts)),
    )


def _pimm(facts: Facts) -> Iterator[Table]:
    """Source: code de la santé publique, L. 6122-15: yearly report to the agency."""
    yield _held(facts)
    yield _volumes(facts)
    yield _delays(facts)
    yield _staff(facts)
    yield _spent(facts)
    yield _sections(facts, ("duty", "fee", "cost", "balance"))


def _assembly(facts: Facts) -> Iterator[Table]:
    yield _spent(facts)
    yield _sections(facts, ("paid", "cost", "forecast", "revision", "received", "fee", "balance"))
    yield _states(facts)
    yield _held(facts)
    yield _volumes(facts)


def _intensity(facts: Facts) -> Iterator[Table]:
    """Source: order of November 2025 on levels of on-call at home."""
    rows: list[Sequence[Cell]] = [
        (
            one.line,
            one.duties,
            _hours(one.minutes),
            one.acts,
            one.acts / one.duties if one.duties else None,
            one.night_acts,
            one.elsewhere,
            one.call_outs,
            _hours(one.call_out_minutes),
        )
        for one in facts.lines
    ]
    columns = [_("Line"), _("Duties"), _("Hours"), _("Acts read on duty"), _("Acts a duty"),
               _("From 00:00 to 08:00"), _("For another member"), _("Call-outs"),
               _("Hours of call-outs")]  # fmt: skip
    yield Table(title=_("Intensity of on-call lines"), columns=columns, rows=rows)


def _held(facts: Facts) -> Table:
    whole = Counter[str]()
    for one in facts.held:
        whole[one.line] += one.minutes
    rows = [
        (one.line, one.member, one.duties, _hours(one.minutes),
         100 * one.minutes / whole[one.line] if whole[one.line] else None)
        for one in facts.held
    ]  # fmt: skip
    columns = [_("Line"), _("Member"), _("Duties"), _("Hours"), _("Share of hours (%)")]
    return Table(title=_("Contribution to on-call, by member"), columns=columns, rows=rows)


def _volumes(facts: Facts) -> Table:
    rows = [
        (one.member, one.modality, one.readings, one.on_duty, one.from_elsewhere)
        for one in facts.volumes
    ]
    columns = [_("For the member"), _("Modality"), _("Exams read"), _("On duty"),
               _("By another member's reader")]  # fmt: skip
    return Table(title=_("Volumes"), columns=columns, rows=rows)


def _delays(facts: Facts) -> Table:
    rows = [(one.urgency, one.readings, one.median, one.p90, one.p95) for one in facts.delays]
    columns = [_("Urgency"), _("Exams read"), _("Median (min)"), _("P90 (min)"), _("P95 (min)")]
    note = _("From complete images to the signature.")
    return Table(title=_("Delays"), columns=columns, rows=rows, note=note)


def _staff(facts: Facts) -> Table:
    rows = [(one.member, status_name(one.status), one.people, one.full_time) for one in facts.staff]
    columns = [_("Member"), _("Status"), _("People"), _("Full-time equivalents")]
    note = _("On {day}.").format(day=formats.day(facts.scope.last_on))
    return Table(title=_("Staff"), columns=columns, rows=rows, note=note)


def _spent(facts: Facts) -> Table:
    rows = [
        (one.agreement, what_name(one.head), one.forecast, one.cost, one.cost - one.forecast)
        for one in facts.spent
    ]
    columns = [_("Agreement"), _("Head"), _("Forecast (€)"), _("Real (€)"), _("Difference (€)")]
    return Table(
        title=_("Costs: forecast and real"), columns=columns, rows=rows, money=frozenset({2, 3, 4})
    )


def _sections(facts: Facts, sections: Sequence[str]) -> Table:
    rows = [
        (one.agreement, one.member,
         _("Balance") if one.section == "balance" else section_name(one.section), one.cents)
        for one in sorted(facts.balances, key=_in_order)
        if one.section in sections
    ]  # fmt: skip
    columns = [_("Agreement"), _("Member"), _("What"), _("Amount (€)")]
    return Table(
        title=_("Medico-economic summary: what statements of the year add up to"),
        columns=columns,
        rows=rows,
        money=frozenset({3}),
    )


def _in_order(one: Balance) -> tuple[str, str, int]:
    """A member's sections as a statement has them, the balance last."""
    order = ("paid", "cost", "forecast", "revision", "received", "fee", "duty", "balance")
    place = order.index(one.section) if one.section in order else len(order)
    return one.agreement, one.member, place


def _states(facts: Facts) -> Table:
    words = {"open": _("Open"), "checked": _("Checked, to be signed"), "closed": _("Closed")}
    rows = [
        (one.agreement, f"{formats.day(one.first_on)} - {formats.day(one.last_on)}",
         words[one.state], one.blockers)
        for one in facts.states
    ]  # fmt: skip
    columns = [_("Agreement"), _("Period"), _("State"), _("Lines that block")]
    return Table(title=_("Periods of the year"), columns=columns, rows=rows)


def _missing(kind: str, facts: Facts) -> Iterator[str]:
    """What the report lacks, and what in it is not certain."""
    if not facts.held:
        yield _("No duty was counted this year.")
    if not facts.volumes:
        yield _("No exam was read this year.")
    if kind == "intensity":
        if not any(one.call_outs for one in facts.lines):
            yield _("No call-out was entered: they are known from the people on call alone.")
        return
    yield from _missing_of_money(facts)
    if kind == "pimm":
        yield _("Receipts other than technical fees, investments and quality are not in Plateau.")


def _missing_of_money(facts: Facts) -> Iterator[str]:
    if not facts.spent:
        yield _("No cost was entered this year.")
    elif not any(one.forecast for one in facts.spent):
        yield _("No forecast was entered: differences mean nothing.")
    late = [one for one in facts.states if one.state != "closed"]
    if late:
        yield ngettext(
            "{n} period is not closed: its figures may change.",
            "{n} periods are not closed: their figures may change.",
            len(late),
        ).format(n=len(late))
    if any(not one.is_verified for one in facts.states):
        yield _("Some tariffs or amounts of pay are not verified by the administrator.")


def _hours(minutes: int) -> float:
    return minutes / 60


def status_name(status: str) -> str:
    """A status of a contract in words."""
    return {
        "hospital": _("Hospital doctor"),
        "private": _("Private doctor"),
        "hospital_technologist": _("Hospital technologist"),
        "private_technologist": _("Private technologist"),
        "hospital_secretary": _("Hospital secretary"),
        "secretary": _("Secretary"),
    }[status]


_MAKERS: dict[str, tuple[Callable[[Facts], Iterator[Table]], Callable[[], str]]] = {
    "pimm": (_pimm, lambda: _("Yearly report of the pooled imaging service")),
    "assembly": (_assembly, lambda: _("General assembly: budget, accounts, activity")),
    "intensity": (_intensity, lambda: _("Intensity of on-call lines")),
}


def title(kind: str) -> str:
    """What a report is called."""
    return _MAKERS[kind][1]()
