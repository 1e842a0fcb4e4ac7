"""The public shift-scheduling format (Curtois & Qu 2014): instances read, solutions judged."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from plateau.kernel.errors import InvalidInputError

Taken = Mapping[tuple[str, int], str]  # (employee, day) to shift; absent: off
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One kind of work of a day."""

    minutes: int
    not_before: frozenset[str]  # shifts that may not follow it the next day


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """What somebody may work."""

    most: Mapping[str, int]  # shifts of a kind
    most_minutes: int
    least_minutes: int
    most_on: int  # consecutive shifts
    least_on: int
    least_off: int  # consecutive days off
    most_weekends: int
    off: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How many are wanted on a shift of a day, and the price of one too few or too many."""

    wanted: int
    under: int
    over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A problem of the public format; day 0 is a Monday."""

    days: int
    shifts: Mapping[str, Shift]
    staff: Mapping[str, Employee]
    wished: Mapping[tuple[str, int, str], int]  # price when not given
    unwished: Mapping[tuple[str, int, str], int]  # price when given
    cover: Mapping[tuple[int, str], Cover]


@dataclass(slots=True)
class _Reader:
    """The lines of each section, and what is wrong with them."""

    sections: dict[str, list[tuple[int, list[str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    wrong: list[str] = field(default_factory=list)

    def rows(self, section: str, parse: Callable[[list[str]], None], *, fields: int) -> None:
        """Every line of a section goes to `parse`; those it cannot read are noted."""
        for number, cells in self.sections[section]:
            try:
                if len(cells) < fields:
                    self.wrong.append(f"line {number}: {fields} fields expected")
                else:
                    parse(cells)
            except ValueError as error:
                self.wrong.append(f"line {number}: {error}")


def read(text: str) -> Instance:
    """An instance from its text; every line that is wrong is named at once."""
    reader = _sorted(text)
    days, shifts = _horizon(reader), _shifts(reader)
    if not days or not shifts:
        reader.wrong.append("SECTION_HORIZON and SECTION_SHIFTS must not be empty")
    staff = _staff(reader, shifts)
    instance = Instance(
        days=days,
        shifts=shifts,
        staff=_with_days_off(reader, staff, days=days),
        wished=_requests(reader, "SECTION_SHIFT_ON_REQUESTS", _Known(days, shifts, staff)),
        unwished=_requests(reader, "SECTION_SHIFT_OFF_REQUESTS", _Known(days, shifts, staff)),
        cover=_cover(reader, _Known(days, shifts, staff)),
    )
    if reader.wrong:
        raise InvalidInputError(
            "the instance cannot be read: {wrong}", wrong="; ".join(reader.wrong)
        )
    return instance


@dataclass(frozen=True, slots=True)
class _Known:
    """What a line may speak about."""

    days: int
    shifts: Mapping[str, Shift]
    staff: Mapping[str, Employee]

    def day(self, cell: str) -> int:
        """A day of the horizon."""
        day = int(cell)
        if not 0 <= day < self.days:
            raise ValueError(f"day {day} is outside the horizon")
        return day

    def shift(self, cell: str) -> str:
        """A known shift."""
        if cell not in self.shifts:
            raise ValueError(f"unknown shift {cell}")
        return cell

    def employee(self, cell: str) -> str:
        """A known employee."""
        if cell not in self.staff:
            raise ValueError(f"unknown employee {cell}")
        return cell


def _sorted(text: str) -> _Reader:
    reader, section = _Reader(), ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("SECTION_"):
            section = line
        elif line and not line.startswith("#"):
            if not section:
                reader.wrong.append(f"line {number}: before any section")
            reader.sections[section].append((number, [cell.strip() for cell in line.split(",")]))
    return reader


def _horizon(reader: _Reader) -> int:
    days: list[int] = []
    reader.rows("SECTION_HORIZON", lambda cells: days.append(int(cells[0])), fields=1)
    return days[0] if days else 0


def _shifts(reader: _Reader) -> dict[str, Shift]:
    found: dict[str, Shift] = {}

    def parse(cells: list[str]) -> None:
        after = cells[2] if len(cells) > 2 else ""
        found[cells[0]] = Shift(
            minutes=int(cells[1]), not_before=frozenset(one for one in after.split("|") if one)
        )

    reader.rows("SECTION_SHIFTS", parse, fields=2)
    return found


def _staff(reader: _Reader, shifts: Mapping[str, Shift]) -> dict[str, Employee]:
    found: dict[str, Employee] = {}

    def parse(cells: list[str]) -> None:
        pairs = [one.split("=") for one in cells[1].split("|") if one]
        unknown = [one[0] for one in pairs if one[0] not in shifts]
        if unknown:
            raise ValueError(f"unknown shift {unknown[0]}")
        numbers = [int(cell) for cell in cells[2:8]]
        found[cells[0]] = Employee(
            most={shift: int(most) for shift, most in pairs},
            most_minutes=numbers[0],
            least_minutes=numbers[1],
            most_on=numbers[2],
            least_on=numbers[3],
            least_off=numbers[4],
            most_weekends=numbers[5],
            off=frozenset(),
        )

    reader.rows("SECTION_STAFF", parse, fields=8)
    return found


def _with_days_off(
    reader: _Reader, staff: Mapping[str, Employee], *, days: int
) -> dict[str, Employee]:
    off: dict[str, set[int]] = defaultdict(set)
    known = _Known(days, {}, staff)

    def parse(cells: list[str]) -> None:
        off[known.employee(cells[0])] |= {known.day(cell) for cell in cells[1:] if cell}

    reader.rows("SECTION_DAYS_OFF", parse, fields=1)
    return {name: replace(one, off=frozenset(off[name])) for name, one in staff.items()}


def _requests(reader: _Reader, section: str, known: _Known) -> dict[tuple[str, int, str], int]:
    found: Counter[tuple[str, int, str]] = Counter()

    def parse(cells: list[str]) -> None:
        key = (known.employee(cells[0]), known.day(cells[1]), known.shift(cells[2]))
        found[key] += int(cells[3])

    reader.rows(section, parse, fields=4)
    return dict(found)


def _cover(reader: _Reader, known: _Known) -> dict[tuple[int, str], Cover]:
    found: dict[tuple[int, str], Cover] = {}

    def parse(cells: list[str]) -> None:
        wanted, under, over = (int(cell) for cell in cells[2:5])
        found[known.day(cells[0]), known.shift(cells[1])] = Cover(
            wanted=wanted, under=under, over=over
        )

    reader.rows("SECTION_COVER", parse, fields=5)
    return found


def write(instance: Instance, taken: Taken) -> str:
    """A solution as text: one line per employee, one tab-separated cell per day, empty when off."""
    lines = (
        "\t".join([name, *(taken.get((name, day), "") for day in range(instance.days))])
        for name in instance.staff
    )
    return "\n".join(lines) + "\n"


def cost(instance: Instance, taken: Taken) -> int:
    """What a solution costs: wishes not kept, too few and too many on a shift."""
    held = Counter((day, shift) for (_, day), shift in taken.items())
    refused = sum(w for (who, day, s), w in instance.wished.items() if taken.get((who, day)) != s)
    imposed = sum(w for (who, day, s), w in instance.unwished.items() if taken.get((who, day)) == s)
    uncovered = sum(
        one.under * max(0, one.wanted - held[key]) + one.over * max(0, held[key] - one.wanted)
        for key, one in instance.cover.items()
    )
    return refused + imposed + uncovered


def faults(instance: Instance, taken: Taken) -> list[str]:
    """Every constraint of the format that a solution breaks, in words; none when it is legal."""
    found: list[str] = []
    for name, one in instance.staff.items():
        row = [taken.get((name, day)) for day in range(instance.days)]
        judged = (*_totals(instance, one, row), *_successions(instance, row), *_runs(one, row))
        found += [f"{name}: {fault}" for fault in judged]
    return found


def _totals(instance: Instance, one: Employee, row: list[str | None]) -> Iterator[str]:
    held = Counter(shift for shift in row if shift)
    for shift, count in held.items():
        if count > one.most.get(shift, 0):
            yield f"{count} shifts {shift}, at most {one.most.get(shift, 0)}"
    minutes = sum(instance.shifts[shift].minutes * count for shift, count in held.items())
    if not one.least_minutes <= minutes <= one.most_minutes:
        yield f"{minutes} minutes, outside {one.least_minutes} to {one.most_minutes}"
    weekends = sum(1 for day in range(5, len(row) - 1, WEEK) if row[day] or row[day + 1])
    if weekends > one.most_weekends:
        yield f"{weekends} weekends, at most {one.most_weekends}"
    for day in sorted(one.off):
        if row[day]:
            yield f"works on day {day}, which is off"


def _successions(instance: Instance, row: list[str | None]) -> Iterator[str]:
    for day, (today, tomorrow) in enumerate(pairwise(row)):
        if today and tomorrow and tomorrow in instance.shifts[today].not_before:
            yield f"{tomorrow} on day {day + 1} after {today}"


def _runs(one: Employee, row: list[str | None]) -> Iterator[str]:
    """Runs at either edge may have begun before or end later: only their maximum is judged."""
    start = 0
    for works, cells in groupby(row, key=bool):
        length = len(list(cells))
        is_inside = start > 0 and start + length < len(row)
        if works and length > one.most_on:
            yield f"{length} shifts in a row from day {start}"
        if is_inside and length < (one.least_on if works else one.least_off):
            yield f"only {length} days {'on' if works else 'off'} from day {start}"
        start += length
