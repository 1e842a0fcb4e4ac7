"""Pure decisions of double reading: which exams are drawn, who may read again, what follows.

Source: ACR RADPEER scoring, extended by a score for words alone; duty of peer audit NF S99-300.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from uuid import UUID

from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.ids import ExamId, PersonId
from plateau.reading.second.types import Count, Figure, Rule, Score, Signed, State, Step

MAJOR = Score.MAJOR
ENOUGH = 20  # readings of a type of exam below which no share is said
_Z = 1.959964  # of a 95 % interval


def draw(salt: UUID, exam_id: ExamId) -> float:
    """A number in [0, 1) that belongs to an exam under a rule, the same whenever it is asked."""
    digest = hashlib.sha256(salt.bytes + exam_id.bytes).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def applies(rule: Rule, report: Signed, on: date) -> bool:
    """Whether a rule is about such a report on that day."""
    return (
        rule.site_id == report.site_id
        and rule.valid_from <= on
        and (rule.valid_to is None or on < rule.valid_to)
        and rule.reader_id in (None, report.reader_id)
        and rule.exam_code in (None, report.exam_code)
    )


def drawn_by(rules: Iterable[Rule], report: Signed, on: date) -> Rule | None:
    """The rule that has a report read again, blind ones first; None when none draws it."""
    found = [
        rule
        for rule in rules
        if applies(rule, report, on) and draw(rule.salt, report.exam_id) * 1000 < rule.permille
    ]
    return min(
        found, key=lambda rule: (not rule.blind, rule.within_hours, rule.rule_id), default=None
    )


class Guard(Enum):
    """What must hold for a change to be allowed."""

    NONE = auto()
    OTHER = auto()  # an able reader who is not the first one
    OTHER_LATE = auto()  # the same, and whoever took it has let the time pass
    HOLDER = auto()
    HOLDER_BLIND = auto()
    HOLDER_OPEN = auto()  # the first text was before their eyes from the start
    HOLDER_TOLD = auto()
    FIRST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at."""

    actor: PersonId | None = None
    first_reader: PersonId | None = None
    holder: PersonId | None = None
    able: bool = False
    blind: bool = True
    late: bool = False
    has_seen: bool = False  # the first report, before reading
    text: bool = False  # a result and a conclusion are written, and signed
    score: int | None = None
    comment: str = ""


MOVES: Mapping[tuple[State | None, Step], tuple[Guard, State]] = {
    (None, Step.DRAWN): (Guard.NONE, State.WAITING),
    (State.WAITING, Step.TAKEN): (Guard.OTHER, State.TAKEN),
    (State.TAKEN, Step.TAKEN_OVER): (Guard.OTHER_LATE, State.TAKEN),
    (State.TAKEN, Step.RELEASED): (Guard.HOLDER, State.WAITING),
    (State.TAKEN, Step.WRITTEN): (Guard.HOLDER_BLIND, State.WRITTEN),
    (State.TAKEN, Step.SCORED): (Guard.HOLDER_OPEN, State.SCORED),
    (State.WRITTEN, Step.SCORED): (Guard.HOLDER_TOLD, State.SCORED),
    (State.SCORED, Step.SEEN): (Guard.FIRST, State.SEEN),
    **{
        (state, Step.WITHDRAWN): (Guard.NONE, State.WITHDRAWN)
        for state in (State.WAITING, State.TAKEN, State.WRITTEN)
    },
}
OPEN = frozenset({State.WAITING, State.TAKEN, State.WRITTEN})
_Check = tuple[Callable[[Facts], bool], Callable[[], RuleBrokenError]]
_OTHER: tuple[_Check, ...] = (
    (
        lambda facts: facts.actor is not None and facts.actor != facts.first_reader,
        lambda: RuleBrokenError("the second reader is not the first one"),
    ),
    (
        lambda facts: facts.able,
        lambda: RuleBrokenError("this reader may not read such exams of this site"),
    ),
    (
        lambda facts: not (facts.blind and facts.has_seen),
        lambda: RuleBrokenError("you have seen the first report: leave this one to a colleague"),
    ),
)
_HOLDER: _Check = (
    lambda facts: facts.actor is not None and facts.actor == facts.holder,
    lambda: RuleBrokenError("only whoever reads the exam again does that"),
)
_SCORE: tuple[_Check, ...] = (
    (
        lambda facts: facts.score in set(Score),
        lambda: RuleBrokenError("choose a score from 0 to 4"),
    ),
    (
        lambda facts: not facts.score or bool(facts.comment.strip()),
        lambda: RuleBrokenError("say in what the two readings differ"),
    ),
)
_CHECKS: Mapping[Guard, tuple[_Check, ...]] = {
    Guard.NONE: (),
    Guard.OTHER: _OTHER,
    Guard.OTHER_LATE: (
        *_OTHER,
        (
            lambda facts: facts.late,
            lambda: RuleBrokenError("a colleague is reading this exam again"),
        ),
    ),
    Guard.HOLDER: (_HOLDER,),
    Guard.HOLDER_BLIND: (
        _HOLDER,
        (lambda facts: facts.blind, lambda: RuleBrokenError("this reading is not blind: score it")),
        (
            lambda facts: facts.text,
            lambda: RuleBrokenError("the result and the conclusion are empty"),
        ),
    ),
    Guard.HOLDER_OPEN: (
        _HOLDER,
        (
            lambda facts: not facts.blind,
            lambda: RuleBrokenError("sign what you read before you see the first report"),
        ),
        *_SCORE,
    ),
    Guard.HOLDER_TOLD: (_HOLDER, *_SCORE),
    Guard.FIRST: (
        (
            lambda facts: facts.actor is not None and facts.actor == facts.first_reader,
            lambda: RuleBrokenError("only the first reader does that"),
        ),
    ),
}


def after(state: State | None, step: Step, facts: Facts) -> State:
    """The state that `step` leads to; RuleBrokenError says why it cannot happen."""
    move = MOVES.get((state, step))
    if move is None:
        raise RuleBrokenError(
            "a second reading that is {state} cannot be {step}", state=state or "absent", step=step
        )
    guard, reached = move
    for holds, refusal in _CHECKS[guard]:
        if not holds(facts):
            raise refusal()
    return reached


def shows_first(*, blind: bool, state: State) -> bool:
    """Whether the second reader may see the first report."""
    return not blind or state in {State.WRITTEN, State.SCORED, State.SEEN}


def needs_recall(score: int) -> bool:
    """Whether requester and patient have to be told."""
    return score >= MAJOR


def figures(counts: Sequence[Count], *, enough: int = ENOUGH) -> tuple[Figure, ...]:
    """What second readings say of each type of exam, the most read first; nobody is named."""
    by_type: dict[tuple[str, str, str], dict[int, int]] = {}
    for one in counts:
        scores = by_type.setdefault((one.exam_code, one.exam_name, one.exam_name_en), {})
        scores[one.score] = scores.get(one.score, 0) + one.readings
    made = [
        _figure(name, name_en, scores, enough) for (_, name, name_en), scores in by_type.items()
    ]
    return tuple(sorted(made, key=lambda one: (-one.readings, one.exam_name)))


def _figure(name: str, name_en: str, scores: Mapping[int, int], enough: int) -> Figure:
    readings = sum(scores.values())
    is_enough = readings >= enough
    major = sum(count for score, count in scores.items() if needs_recall(score))
    return Figure(
        exam_name=name,
        exam_name_en=name_en,
        readings=readings,
        by_score=tuple(scores.get(score, 0) for score in Score) if is_enough else (),
        major=major / readings if is_enough else None,
        interval=wilson(major, readings) if is_enough else None,
        is_enough=is_enough,
    )


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval around a share.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 1927;22:209-212, doi:10.1080/01621459.1927.10502953.
    """
    if of == 0:
        return 0.0, 1.0
    share, square = found / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)
