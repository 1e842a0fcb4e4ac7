"""Invented problems of the sizes of real organisations, seeded: every person is made up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import combinations
from random import Random
from uuid import UUID, uuid5

from plateau.kernel import holidays
from plateau.kernel.ids import LineId, MemberId, PersonId, SiteId
from plateau.kernel.time import instant
from plateau.planning.roster import law
from plateau.planning.roster.types import (
    Burden,
    Contract,
    Half,
    Held,
    Kind,
    Person,
    Post,
    Problem,
    ShareTarget,
    Span,
    Status,
    Wish,
    WishKind,
)

_SAMPLE = UUID("6f3e0c52-7a1f-5f60-9d55-0d1c9b8f2a10")  # namespace of every id below
_FIRST = date(2027, 1, 4)  # a Monday
_SINCE = Span(first=date(2022, 2, 28))
_DOCTORS = frozenset({Status.HOSPITAL, Status.PRIVATE})
_TECHNOLOGISTS = frozenset({Status.HOSPITAL_TECHNOLOGIST, Status.PRIVATE_TECHNOLOGIST})
_GIVEN = ("Aitor", "Maialen", "Beñat", "Amaia", "Xabi", "Nahia", "Peio", "Elaia", "Iban", "Maddi",
          "Oihana", "Mattin", "Haizea", "Gaston", "Margalide", "Arnaud", "Estelle", "Clarisse",
          "Lucas", "Solène")  # fmt: skip
_NAMES = ("EXEMPLE", "FACTICE", "INVENTÉ", "SPÉCIMEN", "ESSAI", "MODÈLE", "FABLE", "DÉCOR",
          "ROMAN", "CONTE", "ESQUISSE", "BROUILLON", "FICTIF", "HYPOTHÈSE", "POSTICHE",
          "FIGURANT", "DOUBLURE", "PARODIE", "TRUCAGE", "CANEVAS", "MAQUETTE")  # fmt: skip
_CLOCKS = {Half.MORNING: (time(8, 30), time(12, 30)), Half.AFTERNOON: (time(13, 30), time(17, 30))}
_SHIFTS = {Half.MORNING: (time(7, 15), time(14, 45)), Half.AFTERNOON: (time(12), time(19, 30))}


def member_id(code: str) -> MemberId:
    """The id of an invented member."""
    return MemberId(uuid5(_SAMPLE, f"member:{code}"))


def site_id(code: str) -> SiteId:
    """The id of an invented site."""
    return SiteId(uuid5(_SAMPLE, f"site:{code}"))


def line_id(code: str) -> LineId:
    """The id of an invented line."""
    return LineId(uuid5(_SAMPLE, f"line:{code}"))


def person_id(code: str) -> PersonId:
    """The id of an invented person."""
    return PersonId(uuid5(_SAMPLE, f"person:{code}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A machine or a room, and the weekdays of its mornings and afternoons."""

    site: str
    machine: str
    skill: str
    family: str | None = None
    mornings: Sequence[int] = range(5)
    afternoons: Sequence[int] = range(5)
    technologists: int = 0  # none: it is for a doctor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of duty: its hours on a day, and on which days."""

    code: str
    site: str
    name: str
    clocks: tuple[time, time]
    half: Half
    needed: int = 1
    first_position: int = 1
    days: str = "all"  # all, or off: weekends and holidays


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """People alike: how many, from where, with what."""

    site: str
    member: str
    count: int
    status: Status
    skills: Sequence[Sequence[str]]  # each person takes the next
    sites: Sequence[str]
    lines: Sequence[str] = ()
    on_call: int = 0  # how many of them take part in the lines


def basque_landes(*, weeks: int = 13, seed: int = 1, first: date = _FIRST) -> Problem:
    """36 doctors, 26 of them on call, 4 sites, about 185 sessions and 18 duties a week."""
    crowds = [
        _hospital("BAYONNE", "CHCB", 18, 14),
        _hospital("DAX", "CHDAX", 9, 6),
        _hospital("MDM", "CHMDM", 6, 4),
        _hospital("STPALAIS", "CHSTP", 3, 2),
    ]
    rows = [
        *_rows("BAYONNE", ("CT1", "CT2", "MR1", "US1", "US2", "MG1", "XR1")),
        *_rows("DAX", ("CT1", "MR1", "US1", "MG1")),
        *_rows("MDM", ("CT1", "US1")),
        *_rows("STPALAIS", ("CT1", "US1")),
        _Row(site="BAYONNE", machine="MR2", skill="MR", family="MR-BAYONNE"),
        _Row(site="DAX", machine="CT2", skill="CT", family="CT-DAX"),
        _Row(site="MDM", machine="MR1", skill="MR", family="MR-MDM"),
        _Row(site="BAYONNE", machine="MG2", skill="MG", afternoons=(0, 1, 2)),
    ]
    lines = [
        _Line(code="NUIT", site="BAYONNE", name="Nuit, premier", half=Half.NIGHT,
              clocks=(time(18), time(8))),
        _Line(code="NUIT", site="BAYONNE", name="Nuit, second", half=Half.NIGHT,
              clocks=(time(20), time(8)), first_position=2),
        _Line(code="JOUR", site="BAYONNE", name="Garde de jour", half=Half.MORNING,
              clocks=(time(8), time(20)), needed=2, days="off"),
    ]  # fmt: skip
    shares = (_halves("MR-BAYONNE", "CHCB", "CHDAX"), _halves("CT-DAX", "CHCB", "CHDAX"),
              _halves("MR-MDM", "CHCB", "CHMDM"))  # fmt: skip
    minutes = {("BAYONNE", "DAX"): 50, ("BAYONNE", "MDM"): 85, ("BAYONNE", "STPALAIS"): 55,
               ("DAX", "MDM"): 50, ("DAX", "STPALAIS"): 60, ("MDM", "STPALAIS"): 90}  # fmt: skip
    return _problem(crowds, rows, lines, shares, minutes, _Draw(weeks, seed, first))


def le_mans(*, weeks: int = 13, seed: int = 1, first: date = _FIRST) -> Problem:
    """9 nuclear physicians and 20 technologists of two owners, 6 machines shared by halves."""
    crowds = [
        _ccs("CHM", 4, Status.HOSPITAL, ("NM", "PT")),
        _ccs("CVH", 5, Status.PRIVATE, ("NM", "PT")),
        _ccs("CHM", 9, Status.HOSPITAL_TECHNOLOGIST, ("MER",)),
        _ccs("CVH", 11, Status.PRIVATE_TECHNOLOGIST, ("MER",)),
    ]
    cameras = [("GC1", "NM", "GAMMA"), ("GC2", "NM", "GAMMA"), ("GC3", "NM", "GAMMA"),
               ("GC4", "NM", "GAMMA"), ("TEP1", "PT", "TEP"), ("TEP2", "PT", "TEP")]  # fmt: skip
    rows = [_Row(site="CCS", machine=m, skill=s, family=f) for m, s, f in cameras]
    rows += [_Row(site="CCS", machine=m, skill="MER", technologists=1) for m, _, _ in cameras]
    rows += [
        _Row(site="CCS", machine="TEP1", skill="MER", mornings=(5,), afternoons=(), technologists=2)
    ]
    shares = (_halves("GAMMA", "CHM", "CVH"), _halves("TEP", "CHM", "CVH"))
    draw = _Draw(weeks, seed, first, leave_every=9)  # never two of the nine physicians at once
    return _problem(crowds, rows, [], shares, {}, draw)


def region(*, weeks: int = 13, seed: int = 1, first: date = _FIRST) -> Problem:
    """200 doctors, 25 sites in 5 zones, about 1,150 sessions and 93 duties a week."""
    crowds: list[_Crowd] = []
    rows: list[_Row] = []
    lines: list[_Line] = []
    for zone in range(5):
        sites = [f"Z{zone}S{n}" for n in range(5)]
        for n, site in enumerate(sites):
            crowds.append(_zone_crowd(zone, n, sites))
            rows += _rows(site, _ZONE_MACHINES[n])
        lines += _zone_lines(zone, sites[0])
    minutes = {
        (one, other): 35 if one[:2] == other[:2] else 120
        for one, other in combinations([c.site for c in crowds], 2)
    }
    return _problem(crowds, rows, lines, (), minutes, _Draw(weeks, seed, first))


_SKILLS = (("CT", "MR", "US"), ("CT", "MR", "MG"), ("CT", "MR", "US", "MG"))


def _hospital(site: str, member: str, count: int, on_call: int) -> _Crowd:
    return _Crowd(
        site=site,
        member=member,
        count=count,
        on_call=on_call,
        status=Status.HOSPITAL,
        skills=_SKILLS,
        sites=("BAYONNE", "DAX", "MDM", "STPALAIS"),
        lines=("NUIT", "JOUR"),
    )


def _ccs(member: str, count: int, status: Status, skills: Sequence[str]) -> _Crowd:
    return _Crowd(
        site="CCS", member=member, count=count, status=status, skills=(skills,), sites=("CCS",)
    )


_ZONE_MACHINES = (
    ("CT1", "CT2", "MR1", "MR2", "US1", "US2", "MG1", "XR1"),
    ("CT1", "MR1", "US1", "MG1", "XR1"),
    ("CT1", "MR1", "US1", "XR1"),
    ("CT1", "MR1", "US1"),
    ("CT1", "US1", "XR1"),
)
_ZONE_DOCTORS = ((14, 10), (9, 7), (7, 5), (6, 4), (4, 2))  # doctors, of whom on call


def _zone_crowd(zone: int, n: int, sites: Sequence[str]) -> _Crowd:
    count, on_call = _ZONE_DOCTORS[n]
    return _Crowd(
        site=sites[n],
        member=f"GHT{zone}",
        count=count,
        on_call=on_call + (zone < 3 and n == 0),
        status=Status.HOSPITAL if n < 3 else Status.PRIVATE,
        skills=_SKILLS,
        sites=sites,
        lines=(f"NUIT{zone}", f"JOUR{zone}"),
    )


def _zone_lines(zone: int, site: str) -> list[_Line]:
    night, day = f"NUIT{zone}", f"JOUR{zone}"
    return [
        _Line(code=night, site=site, name="Nuit, premier", half=Half.NIGHT,
              clocks=(time(18), time(8))),
        _Line(code=night, site=site, name="Nuit, second", half=Half.NIGHT,
              clocks=(time(20), time(8)), first_position=2),
        _Line(code=day, site=site, name="Garde de jour", half=Half.MORNING,
              clocks=(time(8), time(20)), needed=3 if zone < 2 else 2, days="off"),
    ]  # fmt: skip


def _rows(site: str, machines: Sequence[str]) -> list[_Row]:
    """A row for each machine, which its letters name the skill of; radiographs ask for CT."""
    skills = {"CT": "CT", "MR": "MR", "US": "US", "MG": "MG", "XR": "CT"}
    return [_Row(site=site, machine=code, skill=skills[code[:2]]) for code in machines]


def _halves(family: str, one: str, other: str) -> ShareTarget:
    return ShareTarget(family=family, shares={member_id(one): 0.5, member_id(other): 0.5})


class _Draw:
    """Chance that always falls the same way, and the days it falls on."""

    def __init__(self, weeks: int, seed: int, first: date, *, leave_every: int = 8) -> None:
        self.random = Random(seed)  # noqa: S311  # examples, not secrets
        self.weeks = weeks
        self.leave_every = leave_every
        self.first = first
        self.days = [first + timedelta(days=n) for n in range(7 * weeks)]
        self.holidays = holidays.between(first, self.days[-1])

    def is_off(self, on: date) -> bool:
        """A weekend or a holiday."""
        return on.weekday() >= 5 or on in self.holidays


def _problem(
    crowds: Sequence[_Crowd], rows: Sequence[_Row], lines: Sequence[_Line],
    shares: tuple[ShareTarget, ...], minutes: dict[tuple[str, str], int], draw: _Draw,
) -> Problem:  # fmt: skip
    people = tuple(_people(crowds, draw))
    posts = (*_sessions(rows, draw), *_duties(lines, draw))
    burdens = [b for b in Burden if b not in {Burden.EVENING, Burden.TRAVEL}]
    return Problem(
        first=draw.first,
        last=draw.days[-1],
        people=people,
        posts=tuple(sorted(posts, key=lambda post: (post.starts_at, post.post_id))),
        settings=law.settings(),
        holidays=draw.holidays,
        travel_minutes={
            (site_id(a), site_id(b)): m
            for (one, other), m in minutes.items()
            for a, b in ((one, other), (other, one))
        },
        shares=shares,
        carried={
            (person.person_id, burden): draw.random.choice((-1.0, -0.5, 0.0, 0.0, 0.5, 1.0))
            for person in people
            if person.lines
            for burden in burdens
        },
    )


def _sessions(rows: Sequence[_Row], draw: _Draw) -> Iterator[Post]:
    for row in rows:
        clocks = _SHIFTS if row.technologists else _CLOCKS
        for on in draw.days:
            for half, weekdays in ((Half.MORNING, row.mornings), (Half.AFTERNOON, row.afternoons)):
                if on.weekday() in weekdays and on not in draw.holidays:
                    yield _session(row, on, half, clocks[half])


def _session(row: _Row, on: date, half: Half, clocks: tuple[time, time]) -> Post:
    kind = "shift" if row.technologists else "session"
    return Post(
        post_id=uuid5(_SAMPLE, f"{kind}:{row.site}/{row.machine}/{on}/{half}"),
        kind=Kind.SESSION,
        on=on,
        half=half,
        starts_at=instant(on, clocks[0]),
        ends_at=instant(on, clocks[1]),
        site_id=site_id(row.site),
        name=f"{row.machine} {row.site}",
        needed=row.technologists or 1,
        skill=row.skill,
        statuses=_TECHNOLOGISTS if row.technologists else _DOCTORS,
        machine=row.machine,
        family=row.family,
    )


def _duties(lines: Sequence[_Line], draw: _Draw) -> Iterator[Post]:
    for line in lines:
        for on in draw.days:
            if line.days == "all" or draw.is_off(on):
                yield _duty(line, on)


def _duty(line: _Line, on: date) -> Post:
    overnight = line.clocks[1] <= line.clocks[0]
    return Post(
        post_id=uuid5(_SAMPLE, f"duty:{line.code}/{line.first_position}/{on}"),
        kind=Kind.DUTY,
        on=on,
        half=line.half,
        starts_at=instant(on, line.clocks[0]),
        ends_at=instant(on + timedelta(days=overnight), line.clocks[1]),
        site_id=site_id(line.site),
        name=line.name,
        needed=line.needed,
        skill="CT",
        line_id=line_id(line.code),
        first_position=line.first_position,
    )


def _people(crowds: Sequence[_Crowd], draw: _Draw) -> Iterator[Person]:
    number = 0
    for crowd in crowds:
        for n in range(crowd.count):
            yield _person(crowd, n, number, draw)
            number += 1


def _person(crowd: _Crowd, n: int, number: int, draw: _Draw) -> Person:
    title = "" if crowd.status in _TECHNOLOGISTS else "Dr "
    given, name = _GIVEN[number % len(_GIVEN)], _NAMES[number % len(_NAMES)]
    return Person(
        person_id=person_id(f"{crowd.site}/{number}"),
        name=f"{title}{given} {name}",
        member_id=member_id(crowd.member),
        home_site_id=site_id(crowd.site),
        contracts=(
            Contract(
                span=_SINCE,
                status=crowd.status,
                share=draw.random.choice((1.0, 1.0, 1.0, 1.0, 0.8, 0.6)),
                takes_extra=draw.random.random() < 0.4,
            ),
        ),
        skills=tuple(
            Held(what=skill, span=_SINCE) for skill in crowd.skills[n % len(crowd.skills)]
        ),
        privileges=tuple(Held(what=str(site_id(site)), span=_SINCE) for site in crowd.sites),
        lines=frozenset(line_id(code) for code in crowd.lines)
        if n < crowd.on_call
        else frozenset(),
        leave=_leave(number, draw),
        wishes=_wishes(draw),
    )


def _leave(number: int, draw: _Draw) -> tuple[Span, ...]:
    """One week in about eight weeks, not the same for neighbours, and a short absence."""
    weeks = range(number % draw.leave_every, draw.weeks, draw.leave_every)
    spans = [draw.first + timedelta(days=7 * week) for week in weeks]
    short = draw.random.choice(draw.days)
    return (
        *(Span(first=monday, last=monday + timedelta(days=6)) for monday in spans),
        Span(first=short, last=short),
    )


def _wishes(draw: _Draw) -> tuple[Wish, ...]:
    days = sorted(draw.random.sample(draw.days, 4))
    off, work = WishKind.OFF, WishKind.WORK
    return (
        Wish(on=days[0], kind=off, points=draw.random.randint(1, 6)),
        Wish(on=days[1], kind=off, half=Half.NIGHT, points=draw.random.randint(1, 6)),
        Wish(on=days[2], kind=work, half=Half.MORNING, points=draw.random.randint(1, 6)),
        Wish(on=days[3], kind=off, half=Half.NIGHT, is_hard=True),
    )
