"""Who may read an exam now, in which order, and why not the others: pure, with its reasons.

Rings of subsidiarity open one after the other as the deadline nears; the first that has somebody
able opens at once. Inside what is open, those who would be done in time go first, then the inner
ring, then the lightest queue: expected minutes, less a bonus for who knows the patient, plus a part
of what they have read beyond the others.
Source: Charter of teleradiology v4, CNOM and G4, March 2025 (territorial subsidiarity).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from plateau.kernel.ids import ExamId, MemberId, PatientId, PersonId, SiteId


class Ring(IntEnum):
    """How far from the patient a reader is."""

    LOCAL = 0  # of the member whose exam it is
    POOL = 1  # on a line of duty that covers the site
    DEPARTMENT = 2
    REGION = 3
    OPERATOR = 4  # contracted, last resort


class WhyNot(StrEnum):
    """Why somebody may not read an exam now."""

    OFF_DUTY = "off_duty"
    NO_PRIVILEGE = "no_privilege"
    NO_SKILL = "no_skill"
    FIRST_READER = "first_reader"
    HOLDS_ENOUGH = "holds_enough"
    RING_CLOSED = "ring_closed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the pool agreed on: when rings open (share of the delay), and what weighs how much."""

    pool_share: float
    department_share: float
    region_share: float
    operator_share: float
    held_at_most: int
    continuity_minutes: int
    fairness_share: float
    prior_exams: int

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of the delay after which each ring opens, from the inner one outwards."""
        outer = (self.pool_share, self.department_share, self.region_share, self.operator_share)
        return (0.0, *outer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An exam that somebody has to read; `minutes` is how long that is expected to take."""

    exam_id: ExamId
    site_id: SiteId
    member_id: MemberId
    department: str
    modality: str
    patient_id: PatientId
    complete_at: datetime
    due_at: datetime
    minutes: float
    first_reader: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who reads: rights today, duties now, what they hold and have read.

    Units: expected minutes.
    """

    person_id: PersonId
    name: str
    member_id: MemberId
    department: str
    contracted: bool
    on_duty: bool
    covers: frozenset[SiteId]
    privileges: frozenset[SiteId]
    skills: frozenset[str]
    held: int
    load_minutes: float
    read_minutes: float
    patients: frozenset[PatientId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How a reader stands before an exam; without a place, `why_not` says why."""

    reader: Reader
    ring: Ring
    place: int | None
    why_not: tuple[WhyNot, ...]
    in_time: bool
    knows_patient: bool
    opens_at: datetime


def expected_minutes(prior: float, weight: int, total: float, count: int) -> float:
    """Minutes an exam takes: what was seen, drawn to the prior as if it were `weight` exams.

    Units: minutes.
    """
    return (prior * weight + total) / (weight + count) if weight + count else prior


def ring_of(exam: Waiting, reader: Reader) -> Ring:
    """How far from the patient the reader is."""
    if reader.contracted:
        return Ring.OPERATOR
    if reader.member_id == exam.member_id:
        return Ring.LOCAL
    if exam.site_id in reader.covers:
        return Ring.POOL
    near = bool(exam.department) and reader.department == exam.department
    return Ring.DEPARTMENT if near else Ring.REGION


def unable(exam: Waiting, reader: Reader, terms: Terms) -> tuple[WhyNot, ...]:
    """Every hard condition that a reader does not meet, whatever the hour."""
    ring = ring_of(exam, reader)
    covers = exam.site_id in reader.covers or (ring >= Ring.DEPARTMENT and reader.on_duty)
    checks = (
        (WhyNot.OFF_DUTY, not covers),
        (WhyNot.NO_PRIVILEGE, exam.site_id not in reader.privileges),
        (WhyNot.NO_SKILL, exam.modality not in reader.skills),
        (WhyNot.FIRST_READER, exam.first_reader == reader.person_id),
        (WhyNot.HOLDS_ENOUGH, reader.held >= terms.held_at_most),
    )
    return tuple(why for why, holds in checks if holds)


def opens_at(exam: Waiting, ring: Ring, nearest: Ring | None, terms: Terms) -> datetime:
    """When a ring opens: at once for the nearest that has somebody able."""
    if nearest is not None and ring <= nearest:
        return exam.complete_at
    return exam.complete_at + (exam.due_at - exam.complete_at) * terms.shares[ring]


def cost(exam: Waiting, reader: Reader, mean_read: float, terms: Terms) -> float:
    """What giving the exam to a reader costs; the least goes first.

    Units: expected minutes.
    """
    fair = terms.fairness_share * (reader.read_minutes - mean_read)
    bonus = terms.continuity_minutes if exam.patient_id in reader.patients else 0
    return reader.load_minutes + fair - bonus


def rank(
    exam: Waiting, readers: Sequence[Reader], now: datetime, terms: Terms
) -> tuple[Choice, ...]:
    """Those who may read the exam now, the first choice first, then the others and why not."""
    mean_read = _mean(readers)
    why = {one.person_id: unable(exam, one, terms) for one in readers}
    able = [ring_of(exam, one) for one in readers if not why[one.person_id]]
    nearest = min(able, default=None)
    found: list[tuple[tuple[bool, bool, int, float, int], Choice]] = []
    for one in readers:
        ring = ring_of(exam, one)
        opening = opens_at(exam, ring, nearest, terms)
        reasons = why[one.person_id] or ((WhyNot.RING_CLOSED,) if now < opening else ())
        in_time = _ends_at(exam, one, now) <= exam.due_at
        price = cost(exam, one, mean_read, terms)
        choice = Choice(
            reader=one,
            ring=ring,
            place=None,
            why_not=reasons,
            in_time=in_time,
            knows_patient=exam.patient_id in one.patients,
            opens_at=opening,
        )
        key = (bool(reasons), not in_time, int(ring), price, one.person_id.int)
        found.append((key, choice))
    found.sort(key=lambda pair: pair[0])
    return tuple(_placed(one, n) for n, (_, one) in enumerate(found, 1))


def orders(
    exams: Sequence[Waiting], readers: Sequence[Reader], now: datetime, terms: Terms
) -> list[list[PersonId]]:
    """For each exam, those who may read it now, the first choice first: as `rank`, all at once.

    Shape: (exams, readers able).
    """
    people = sorted(readers, key=lambda one: one.person_id.int)
    if not exams or not people:
        return [[] for _ in exams]
    able, rings = _able_and_rings(exams, people, terms)
    nearest = np.where(able, rings, len(Ring)).min(axis=1)
    share = np.array(terms.shares)[rings]
    passed = _shares_passed(exams, now)
    is_open = able & ((rings <= nearest[:, None]) | (share <= passed[:, None]))
    loads = np.array([one.load_minutes for one in people])
    left = np.array([(one.due_at - now).total_seconds() / 60 - one.minutes for one in exams])
    late = loads[None, :] > left[:, None]
    prices = _prices(exams, people, terms)
    order = np.lexsort((prices, rings, late, ~is_open), axis=-1)
    counts = is_open.sum(axis=1)
    ids = [one.person_id for one in people]
    return [[ids[n] for n in row[:count]] for row, count in zip(order, counts, strict=True)]


def openings(
    samples: Sequence[Waiting], reader_id: PersonId, readers: Sequence[Reader], terms: Terms
) -> dict[tuple[SiteId, str], float]:
    """After which share of its delay a reader may take an exam, by site and modality.

    `samples` holds one exam of each; where the reader may not, there is nothing.
    """
    people = [one for one in readers if one.on_duty or one.covers]  # nobody else may
    people.sort(key=lambda one: one.person_id != reader_id)
    if not samples or not people or people[0].person_id != reader_id:
        return {}
    able, rings = _able_and_rings(samples, people, terms)
    nearest = np.where(able, rings, len(Ring)).min(axis=1)
    return {
        (one.site_id, one.modality): 0.0 if ring <= near else terms.shares[ring]
        for one, may, ring, near in zip(
            samples, able[:, 0].tolist(), rings[:, 0].tolist(), nearest.tolist(), strict=True
        )
        if may
    }


def _able_and_rings(
    exams: Sequence[Waiting], people: Sequence[Reader], terms: Terms
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Who may, whatever the hour, and from how far: as `unable`, once a site and modality."""
    places: dict[tuple[SiteId, MemberId, str], int] = {}
    kinds: dict[str, int] = {}
    at = [places.setdefault((e.site_id, e.member_id, e.department), len(places)) for e in exams]
    of = [kinds.setdefault(exam.modality, len(kinds)) for exam in exams]
    covers = np.array([[site in one.covers for one in people] for site, _, _ in places])
    rings = _rings(list(places), people, covers)
    duty = covers | ((rings >= Ring.DEPARTMENT) & np.array([one.on_duty for one in people]))
    duty &= np.array([[site in one.privileges for one in people] for site, _, _ in places])
    duty &= np.array([one.held < terms.held_at_most for one in people])
    skilled = np.array([[kind in one.skills for one in people] for kind in kinds])
    able = duty[at] & skilled[of]
    index = {one.person_id: n for n, one in enumerate(people)}
    for row, exam in enumerate(exams):
        if exam.first_reader is not None and exam.first_reader in index:
            able[row, index[exam.first_reader]] = False
    return able, rings[at].astype(np.int64)


def _rings(
    places: Sequence[tuple[SiteId, MemberId, str]],
    people: Sequence[Reader],
    covers: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """How far from each place each reader is: as `ring_of`. Shape: (places, readers)."""
    contracted = np.array([one.contracted for one in people])
    local = np.array([[one.member_id == member for one in people] for _, member, _ in places])
    near = np.array(
        [[bool(there) and one.department == there for one in people] for _, _, there in places]
    )
    outer = np.where(covers, Ring.POOL, np.where(near, Ring.DEPARTMENT, Ring.REGION))
    return np.where(contracted, Ring.OPERATOR, np.where(local, Ring.LOCAL, outer))


def _prices(
    exams: Sequence[Waiting], people: Sequence[Reader], terms: Terms
) -> NDArray[np.float64]:
    """What giving each exam to each reader costs."""
    mean_read = _mean(people)
    base = [
        one.load_minutes + terms.fairness_share * (one.read_minutes - mean_read) for one in people
    ]
    prices = np.tile(np.array(base, dtype=np.float64), (len(exams), 1))
    known: dict[PatientId, list[int]] = {}
    for n, one in enumerate(people):
        for patient in one.patients:
            known.setdefault(patient, []).append(n)
    for row, exam in enumerate(exams):
        for n in known.get(exam.patient_id, ()):
            prices[row, n] -= terms.continuity_minutes
    return prices


def _shares_passed(exams: Sequence[Waiting], now: datetime) -> NDArray[np.float64]:
    """The share of each exam's delay that has passed; everything once it has no delay."""
    return np.array(
        [
            (now - one.complete_at) / (one.due_at - one.complete_at)
            if one.due_at > one.complete_at
            else np.inf
            for one in exams
        ]
    )


def _ends_at(exam: Waiting, reader: Reader, now: datetime) -> datetime:
    return now + timedelta(minutes=reader.load_minutes + exam.minutes)


def _mean(readers: Sequence[Reader]) -> float:
    """What those on duty have read, on average."""
    read = [one.read_minutes for one in readers if one.on_duty]
    return sum(read) / len(read) if read else 0.0


def _placed(choice: Choice, place: int) -> Choice:
    if choice.why_not:
        return choice
    return Choice(
        reader=choice.reader,
        ring=choice.ring,
        place=place,
        why_not=(),
        in_time=choice.in_time,
        knows_patient=choice.knows_patient,
        opens_at=choice.opens_at,
    )


def queue_minutes(counts: Mapping[str, int], pace: Mapping[str, float]) -> float:
    """How long what somebody holds is expected to take, by exam type.

    Units: minutes.
    """
    return sum(count * pace[code] for code, count in counts.items())
