"""Drawing the facts of invented months: the same seed always gives the same ones."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from uuid import UUID, uuid5

from plateau.activity.agreements.types import Agreement
from plateau.activity.entering import rules as entering
from plateau.activity.entering.types import Money
from plateau.activity.ledger.types import Fact
from plateau.kernel.ids import ExamId, MemberId, PersonId, SiteId, VersionId
from plateau.kernel.time import instant
from plateau.territory.blocks import TerritoryFile

_NAMES = UUID("5b0c6a40-7d5f-5e0b-8d4b-0c5a1b7f3e21")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EXAMS = {"PT": 6, "NM": 5, "CT": 14, "MR": 9}  # [invented] exams a session
_WITH_FEE = frozenset({"CT", "MR", "PT"})
_DRIFT = 0.16  # how many of the first party's sessions it no longer holds at the end
_COSTS = {"staff": 48_000_00, "equipment": 31_000_00, "premises": 9_500_00, "others": 3_200_00}
_HOURS = {"M": time(8, 30), "A": time(13, 30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The people and places of a territory, by the codes of its file."""

    people: Mapping[str, PersonId]
    sites: Mapping[str, SiteId]
    members: Mapping[str, MemberId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One half-day on one machine, and the party whose turn it is."""

    code: str
    machine: str
    site: str
    day: date
    half: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is drawn from: the file, one agreement of it, who is who, from a day until another."""

    file: TerritoryFile
    agreement: Agreement
    cast: Cast
    first_on: date
    last_on: date
    seed: int

    def modality(self, machine: str) -> str:
        """The modality of a machine."""
        return next(one.modality for one in self.file.machines if one.ae_title == machine)

    def member_of(self, site: str) -> str:
        """The member to whom a site belongs."""
        return next(one.member for one in self.file.sites if one.code == site)


def facts(story: Story) -> Iterator[list[Fact]]:
    """The facts of each day, then the costs of each month as its first day comes."""
    drawn = random.Random(story.seed)  # noqa: S311 - an invention that can be made again
    length = max(1, (story.last_on - story.first_on).days)
    for n in range(length + 1):
        day = story.first_on + timedelta(days=n)
        found: list[Fact] = []
        for session in _sessions(story, day):
            found += _held(story, session, drawn, lapse=_DRIFT * n / length)
        found += _duties(story, day, drawn)
        if day.day == 1:
            found += _costs(story, day, drawn)
        yield found


def _sessions(story: Story, day: date) -> Iterator[Session]:
    """The sessions of a day; their turns follow the target shares."""
    counted = {*story.agreement.ae_titles}
    for at, block in enumerate(story.file.sessions):
        if block.machine in counted and _WEEKDAYS[day.weekday()] in block.days:
            for half in block.halves:
                yield Session(
                    code=block.code,
                    machine=block.machine or "",
                    site=block.site,
                    day=day,
                    half=half,
                    owner=_turn(story, at + 2 * day.toordinal() + (half == "A")),
                )


def _turn(story: Story, number: int) -> str:
    """Whose turn a session is: a fixed order in which each party has its share of 100."""
    shares = story.agreement.shares
    place = number * 37 % 100 * 100
    for member, share in shares.items():
        if place < share:
            return member
        place -= share
    return story.agreement.parties[-1]


def _held(story: Story, session: Session, drawn: random.Random, *, lapse: float) -> Iterator[Fact]:
    """A session and its exams: held, lent to another party, or given up."""
    other = drawn.choice([one for one in story.agreement.parties if one != session.owner])
    kind, user = "session_held", session.owner
    if session.owner == story.agreement.parties[0] and drawn.random() < lapse:
        kind, user = ("session_lent", other) if drawn.random() < 0.6 else ("session_given_up", "")
    own = Fact(
        key=f"session:{session.code}:{session.day}:{session.half}",
        kind=kind,
        happened_on=session.day,
        machine=session.machine,
        session=session.code,
        session_member=session.owner,
        reader_member=user or session.owner,
        patient_member=story.member_of(session.site),
        minutes=240,
        reason="annoncée avant le délai de la convention" if kind != "session_held" else None,
    )
    yield own
    if kind == "session_given_up" and drawn.random() < 0.2:
        yield replace(own, key=f"refused:{own.key}", kind="session_refused",
                      reason="demande reçue après le début de la vacation")  # fmt: skip
    if user:
        yield from _exams(story, session, own, drawn)


def _exams(story: Story, session: Session, own: Fact, drawn: random.Random) -> Iterator[Fact]:
    modality = story.modality(session.machine)
    kinds = [exam for exam in story.file.exams if exam.modality == modality]
    reader, status = _reader(story, str(own.reader_member), drawn)
    for n in range(_EXAMS[modality] + drawn.randint(-1, 1)):
        exam = drawn.choice(kinds)
        exam_id = uuid5(_NAMES, f"{story.seed}:{own.key}:{n}")
        done = instant(session.day, _HOURS[session.half]) + timedelta(minutes=25 * n)
        act = replace(
            own,
            key=f"reading:{exam_id}",
            kind="reading",
            exam_id=ExamId(exam_id),
            version_id=VersionId(uuid5(exam_id, "version")),
            exam_code=exam.code,
            modality=modality,
            urgency="U3",
            site_id=story.cast.sites[session.site],
            member_id=story.cast.members[str(own.patient_member)],
            reader_id=reader,
            status=status,
            complete_at=done,
            signed_at=done + timedelta(minutes=drawn.randint(8, 180)),
            minutes=exam.minutes,
            reason=None,
        )
        yield act
        if modality in _WITH_FEE and story.agreement.operator:
            yield _fee(act)


def _fee(act: Fact) -> Fact:
    """The technical fee of an exam."""
    return replace(
        act, key=f"fee:{act.exam_id}", kind="fee", version_id=None, urgency=None, reader_id=None,
        complete_at=None, signed_at=None, site_id=None, member_id=None, status=None,
    )  # fmt: skip


def _reader(story: Story, member: str, drawn: random.Random) -> tuple[PersonId, str | None]:
    own = [one for one in story.file.readers if story.member_of(one.home) == member]
    reader = drawn.choice(own)
    status = next((one.status for one in story.file.contracts if one.person == reader.code), None)
    return story.cast.people[reader.code], status


def _duties(story: Story, day: date, drawn: random.Random) -> Iterator[Fact]:
    """The duties of the lines of the agreement, each by somebody who takes part in it."""
    for line in story.file.lines:
        able = [one.person for one in story.file.contracts if line.code in one.lines]
        if line.code not in story.agreement.lines or not able:
            continue
        homes = {one.code: one.home for one in story.file.readers}
        who = drawn.choice([person for person in able if person in homes])
        ends_on = day + timedelta(days=line.ends_at <= line.starts_at)
        yield Fact(
            key=f"duty:{line.code}:{day}",
            kind="duty",
            happened_on=day,
            session=line.code,
            reader_id=story.cast.people[who],
            reader_member=story.member_of(homes[who]),
            status=next(one.status for one in story.file.contracts if one.person == who),
            starts_at=instant(day, line.starts_at),
            ends_at=instant(ends_on, line.ends_at),
        )


def _costs(story: Story, day: date, drawn: random.Random) -> Sequence[Fact]:
    """What a month costs, and was forecast to cost; each head paid by one party."""
    found: list[Fact] = []
    for n, (head, cents) in enumerate(_COSTS.items()):
        payer = story.agreement.parties[n % len(story.agreement.parties)]
        real = cents + drawn.randint(-cents // 20, cents // 12)
        one = Money(
            kind="cost", on=day, head=head, payer=payer, cents=real, reference=f"{head}:{day}"
        )
        expected = replace(one, kind="forecast", cents=cents)
        found += [entering.money(story.agreement, each) for each in (one, expected)]
    return found
