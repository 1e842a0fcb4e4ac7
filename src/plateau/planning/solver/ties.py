"""What ties a week of sessions to others: shares of machines, and fair travelling.

Each is the rule itself, said of all weeks up to this one; before the last at a part of its price,
since there is time to make good. What these cost is kept apart from what a week costs alone.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ortools.sat.python.cp_model import IntVar, LinearExpr

from plateau.kernel.ids import MemberId, PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.types import Burden, Kind, Person, Post, Problem, ShareTarget
from plateau.planning.solver.quotas import Quotas
from plateau.planning.solver.stage import Bound, Stage, monday

_SO_FAR = 0.5  # of a rule's price, before the last week
_TENTH = 10  # deviations are counted in tenths
_COARSE, _FINE = 100, 1000  # parts of a whole, in which fair parts of a week are rounded


@dataclass(slots=True)
class Counters:
    """What was done in the weeks already planned, carried from one week to the next."""

    by_member: dict[tuple[str, MemberId], int] = field(default_factory=lambda: defaultdict(int))
    by_family: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    travelled: dict[PersonId, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, held: Iterable[tuple[Person, Post]]) -> None:
        """Count some sessions."""
        for person, post in held:
            self.travelled[person.person_id] += targets.travels(post, person)
            if post.family is not None and person.member_id is not None:
                self.by_member[post.family, person.member_id] += 1
                self.by_family[post.family] += 1

    @staticmethod
    def of(problem: Problem, settled: Mapping[PersonId, Sequence[Post]]) -> "Counters":
        """The sessions of a period that are settled already."""
        found, people = Counters(), {one.person_id: one for one in problem.people}
        found.add(
            (people[who], post)
            for who, posts in settled.items()
            for post in posts
            if who in people and post.kind is Kind.SESSION and post.on >= problem.first
        )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class So:
    """What the weeks before hold, and what each week ought to hold of shared machines."""

    done: Counters
    presence: "Presence"
    quotas: Quotas = field(default_factory=dict[tuple[str, MemberId, date], int])
    begun: Mapping[tuple[str, MemberId], int] = field(
        default_factory=dict[tuple[str, MemberId], int]
    )  # by member, before all that is free
    until: date  # the last day that counts
    is_last: bool

    @property
    def price(self) -> float:
        """The part of a rule's price that holds now."""
        return 1.0 if self.is_last else _SO_FAR


@dataclass(frozen=True, slots=True)
class Presence:
    """Contract times presence of each person, in full-time days since the first."""

    first: date
    by_person: Mapping[PersonId, Sequence[float]]  # up to each day, itself counted

    def of(self, person_id: PersonId, until: date) -> float:
        """Up to a day, itself counted."""
        days = self.by_person[person_id]
        return days[min(len(days) - 1, (until - self.first).days)]

    @staticmethod
    def to(problem: Problem) -> "Presence":
        """Of all people of a problem."""
        known = {person.person_id: list(_present(problem, person)) for person in problem.people}
        return Presence(problem.first, known)


def _present(problem: Problem, person: Person) -> Iterable[float]:
    done = 0.0
    for number in range(problem.first.toordinal(), problem.last.toordinal() + 1):
        day = date.fromordinal(number)
        contract = None if person.is_on_leave(day) else person.contract(day)
        done += contract.share if contract else 0.0
        yield done


def post(stage: Stage, so: So) -> None:
    """Charge what shares and travelling are off, all weeks so far together."""
    _shares(stage, so)
    _travel(stage, so)


def _shares(stage: Stage, so: So) -> None:
    """Each member near its share of the sessions of a family; without a share, at none."""
    setting = stage.book.of("machine_share", stage.book.problem.last)
    members = {one.member_id for one in stage.people if one.member_id is not None}
    for share in stage.book.problem.shares:
        if setting is None or not any(post.family == share.family for post in stage.posts):
            continue
        weight = (setting.weight or _HARD) * so.price
        for member in sorted(members | set(share.shares)):
            takes = _of_member(stage, share, member)
            target = _share_target(stage, share, member, so)
            target -= so.done.by_member[share.family, member]
            if takes:
                bound = Bound(takes=takes, target=target, limit=share.tolerance)
                stage.bounds.append(bound)
                _charge(stage, bound, weight)


_HARD = 100  # the weight of a rule that has none


def _charge(stage: Stage, bound: Bound, weight: float) -> None:
    """Each unit past the limit costs its price."""
    count = _TENTH * LinearExpr.sum(list(bound.takes))
    most = _TENTH * (len(bound.takes) + math.ceil(abs(bound.target)) + 1)
    past = stage.model.new_int_var(0, most, "")
    stage.model.add(past >= count - math.floor(_TENTH * (bound.target + bound.limit) + 1e-6))
    stage.model.add(past >= math.ceil(_TENTH * (bound.target - bound.limit) - 1e-6) - count)
    stage.tie(past, weight / _TENTH)


def _share_target(stage: Stage, share: ShareTarget, member: MemberId, so: So) -> float:
    """What a member ought to hold by the end of this week."""
    if not so.is_last and so.quotas:
        now = monday(stage.posts[-1].on)
        return so.begun.get((share.family, member), 0) + sum(
            count
            for (family, who, first), count in so.quotas.items()
            if (family, who) == (share.family, member) and first <= now
        )
    needed = sum(post.needed for post in stage.posts if post.family == share.family)
    total = so.done.by_family[share.family] + needed + sum(share.carried.values())
    return share.shares.get(member, 0.0) * total - share.carried.get(member, 0.0)


def _of_member(stage: Stage, share: ShareTarget, member: MemberId) -> list[IntVar]:
    return [
        take
        for person in stage.people
        if person.member_id == member
        for post, take in stage.by_person.get(person.person_id, ())
        if post.family == share.family
    ]


def _travel(stage: Stage, so: So) -> None:
    """Sessions away from home shared between the people of a site, by presence so far."""
    setting = stage.book.of("fair_travel", stage.book.problem.last)
    if setting is None:
        return
    weight = (setting.weight or _HARD) * so.price
    groups: dict[object, list[Person]] = defaultdict(list)
    for person in stage.people:
        groups[person.home_site_id].append(person)
    for people in groups.values():
        _travel_of(stage, people, so, (setting.numbers.get("tolerance", 1.0), weight))


def _travel_of(stage: Stage, people: Sequence[Person], so: So, price: tuple[float, float]) -> None:
    """How much there is to share depends on the choices: the target moves with them."""
    tolerance, weight = price
    carried = stage.book.problem.carried
    done = {
        who: so.done.travelled[who] + carried.get((who, Burden.TRAVEL), 0.0)
        for who in (one.person_id for one in people)
    }
    present = {who: so.presence.of(who, so.until) for who in done}
    whole = sum(present.values())
    away = {one.person_id: _away(stage, one) for one in people}
    if not whole or not any(away.values()):
        return
    model = stage.model
    total = model.new_int_var(0, sum(map(len, away.values())), "")
    model.add(total == LinearExpr.sum([take for takes in away.values() for take in takes]))
    fine = _FINE if so.is_last else _COARSE  # coarse is twice as quick
    for who, takes in away.items():
        part = present[who] / whole
        known = round(fine * (done[who] - part * sum(done.values())))
        off = fine * LinearExpr.sum(takes) - round(fine * part) * total + known
        past = model.new_int_var(0, _TENTH * (10_000 + len(takes)), "")
        room = math.floor(fine * tolerance + 1e-6)
        model.add(fine // _TENTH * past >= off - room)
        model.add(fine // _TENTH * past >= -off - room)
        stage.tie(past, weight / _TENTH)


def _away(stage: Stage, person: Person) -> list[IntVar]:
    return [
        take
        for post, take in stage.by_person.get(person.person_id, ())
        if targets.travels(post, person)
    ]
