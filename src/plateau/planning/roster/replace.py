"""Who could take a post that somebody leaves, and what it would do to them and to the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import MemberId, PersonId
from plateau.kernel.words import N_
from plateau.planning.roster import targets
from plateau.planning.roster.board import Board, Work, Worker, lay_out, worker
from plateau.planning.roster.check import check_person, decided
from plateau.planning.roster.rules import fair
from plateau.planning.roster.rules.rule import hours, number
from plateau.planning.roster.types import (
    Assignment,
    Breach,
    Burden,
    Person,
    Problem,
    Roster,
    Setting,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing that a replacement changes: an English sentence, and what fills its places.

    Units: minutes of rest; duties and sessions. No rest is known where nothing is near.
    """

    kind: str  # rest, fairness or share
    text: str
    values: dict[str, str]
    cost: float = 0.0  # below zero: better than now
    was: float | None = None
    will: float | None = None
    fair: float | None = None  # what it ought to be

    @property
    def is_better(self) -> bool:
        """Whether it comes nearer to what is fair."""
        if self.was is None or self.will is None or self.fair is None:
            return False
        return abs(self.will - self.fair) < abs(self.was - self.fair)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody able to take a post, with what breaks and what changes if they do."""

    person_id: PersonId
    name: str
    breaches: tuple[Breach, ...]  # that they do not have now
    effects: tuple[Effect, ...]
    cost: float

    @property
    def is_legal(self) -> bool:
        """Whether no hard rule is broken."""
        return not any(found.is_hard for found in self.breaches)


def replacements(
    problem: Problem, roster: Roster, post_id: UUID, *, now: datetime,
    absent: PersonId | None = None,
) -> list[Candidate]:  # fmt: skip
    """Those able to take a post, the best first: legal ones, then those it costs least.

    `absent` leaves the post; without it, the post lacks somebody. Who is on duty now, or whose
    work of the same hours has begun, is not asked.
    """
    held = {one for one in roster.assignments if one.post_id != post_id or one.person_id != absent}
    board = lay_out(problem, Roster(assignments=frozenset(held)))
    index = board.numbers.get(post_id.int)
    if index is None:
        raise NotFoundError("no such post: {post}", post=post_id)
    work = board.posts[index]
    taken = {*board.holders[index], absent}
    able = [p for p in problem.people if p.person_id not in taken and targets.is_able(p, work.post)]
    free = [p for p in able if not _is_at_work(board.workers[p.person_id], work, now)]
    found = [_candidate(board, person, work) for person in free]
    return sorted(found, key=lambda one: (not one.is_legal, one.cost, one.name))


def _is_at_work(one: Worker, wanted: Work, now: datetime) -> bool:
    return any(
        work.post.starts_at <= now and work.start < wanted.end and wanted.start < work.end
        for work in one.works
    )


def _candidate(board: Board, person: Person, work: Work) -> Candidate:
    now = board.workers[person.person_id]
    then = worker(board.problem, person, [*now.works, work])
    was, will = check_person(board, now), check_person(board, then)
    known = {_key(found) for found in was}
    effects = (
        *_rest(now, then, work), *_fairness(board, person, work), *_share(board, person, work)
    )  # fmt: skip
    return Candidate(
        person_id=person.person_id,
        name=person.name,
        breaches=tuple(found for found in will if _key(found) not in known),
        effects=effects,
        cost=sum(found.cost for found in will)
        - sum(found.cost for found in was)
        + sum(effect.cost for effect in effects),
    )


def _key(found: Breach) -> tuple[object, ...]:
    return (found.rule, found.on, found.post_ids)


def _rest(now: Worker, then: Worker, work: Work) -> Iterator[Effect]:
    """The rest before and after the post, where it is short enough to matter."""
    was = _rest_around(now, work)
    for rest in then.rests:
        before, after = rest.before.works, rest.after.works
        if work in before or work in after:
            text = N_("rests {rest} between {before} and {after}")
            values = {"rest": hours(max(0, rest.minutes)), "before": before[-1].post.name,
                      "after": after[0].post.name}  # fmt: skip
            yield Effect(kind="rest", text=text, values=values, was=was,
                         will=max(0, rest.minutes))  # fmt: skip


def _rest_around(now: Worker, work: Work) -> float | None:
    """What somebody rests now where the post would lie."""
    before = max((one.end for one in now.works if one.end <= work.start), default=None)
    after = min((one.start for one in now.works if one.start >= work.end), default=None)
    return None if before is None or after is None else float(after - before)


def _fairness(board: Board, person: Person, work: Work) -> Iterator[Effect]:
    for burden in board.burdens.get(work.number, ()):
        part = board.fairness[burden].parts.get(person.person_id)
        if part is not None:
            done = _done(board, burden, person.person_id)
            yield _nearer(board, burden, done, part.target)


def _done(board: Board, burden: Burden, person_id: PersonId) -> int:
    return sum(
        person_id in board.holders[index] for index, held in board.burdens.items() if burden in held
    )


def _nearer(board: Board, burden: Burden, done: int, target: float) -> Effect:
    setting = decided(board.problem, f"fair_{burden.value}")(board.problem.last)
    text = N_("would hold {done} of {burden}, {target} would be fair")
    values = {"done": str(done + 1), "burden": burden.value, "target": number(target)}
    off = abs(done + 1 - target) - abs(done - target)
    return Effect(kind="fairness", text=text, values=values, cost=off * _weight(setting),
                  was=done, will=done + 1, fair=target)  # fmt: skip


def _weight(setting: Setting | None) -> int:
    return setting.weight if setting else 0


def _share(board: Board, person: Person, work: Work) -> Iterator[Effect]:
    member = person.member_id
    setting = decided(board.problem, "machine_share")(board.problem.last)
    for share in board.problem.shares:
        if share.family != work.post.family or member is None:
            continue
        counts = fair.sessions_by_member(board, share.family)
        was = fair.share_deviations(share, counts)
        counts[member] += 1
        will = fair.share_deviations(share, counts)
        off = _largest(will) - _largest(was)
        text = N_("their member would hold {done} sessions of {family}, {target} are its share")
        values = {"done": str(will[member][0]), "family": share.family,
                  "target": number(will[member][1])}  # fmt: skip
        yield Effect(kind="share", text=text, values=values, cost=off * _weight(setting),
                     was=will[member][0] - 1, will=will[member][0],
                     fair=will[member][1])  # fmt: skip


def _largest(found: dict[MemberId, tuple[int, float]]) -> float:
    return max((abs(done - target) for done, target in found.values()), default=0.0)


def replaced(
    roster: Roster, post_id: UUID, *, absent: PersonId, by: PersonId
) -> Sequence[Assignment]:
    """The assignments once somebody takes another's post, at the same position."""
    return [
        Assignment(one.post_id, by, one.position)
        if (one.post_id, one.person_id) == (post_id, absent)
        else one
        for one in sorted(roster.assignments)
    ]
