"""Pure decisions of second opinions: who may be asked what, what may be said, what follows."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto

from plateau.kernel.errors import InvalidInputError, PlateauError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.reading.opinion.types import Question, State, Step

LONGEST = 4000
_WITHIN = 24 * 90  # hours
_SHORTEST_NAME = 2


class Guard(Enum):
    """What must hold for a change to be allowed."""

    NONE = auto()
    ASKED = auto()  # one of those who are asked
    ASKER = auto()  # whoever asks
    READER = auto()  # a reader of the site, who signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at."""

    actor: PersonId | None = None
    asker: PersonId | None = None
    is_asked: bool = False
    reads_there: bool = False
    text: str = ""


MOVES: Mapping[tuple[State | None, Step], tuple[Guard, State]] = {
    (None, Step.ASKED): (Guard.READER, State.ASKED),
    (State.ASKED, Step.DECLINED): (Guard.ASKED, State.DECLINED),
    (State.ASKED, Step.ANSWERED): (Guard.ASKED, State.ANSWERED),
    (State.ASKED, Step.WITHDRAWN): (Guard.ASKER, State.WITHDRAWN),
    (State.ANSWERED, Step.ATTACHED): (Guard.READER, State.ATTACHED),
}
_Check = tuple[Callable[[Facts], bool], Callable[[], PlateauError]]
_TEXT: _Check = (
    lambda facts: bool(facts.text.strip()),
    lambda: InvalidInputError("write a few words"),
)
_CHECKS: Mapping[Guard, tuple[_Check, ...]] = {
    Guard.NONE: (),
    Guard.ASKED: (
        (
            lambda facts: facts.is_asked and facts.actor != facts.asker,
            lambda: RuleBrokenError("this opinion is asked of somebody else"),
        ),
        _TEXT,
    ),
    Guard.ASKER: (
        (
            lambda facts: facts.actor is not None and facts.actor == facts.asker,
            lambda: RuleBrokenError("only whoever asked withdraws the question"),
        ),
        _TEXT,
    ),
    Guard.READER: (
        (
            lambda facts: facts.reads_there,
            lambda: RuleBrokenError("only a reader of this site does that"),
        ),
        _TEXT,
    ),
}


def after(state: State | None, step: Step, facts: Facts) -> State:
    """The state that `step` leads to; the error says why it cannot happen."""
    move = MOVES.get((state, step))
    if move is None:
        raise RuleBrokenError(
            "an opinion that is {state} cannot be {step}", state=state or "absent", step=step
        )
    guard, reached = move
    for holds, refusal in _CHECKS[guard]:
        if not holds(facts):
            raise refusal()
    return reached


def problems(question: Question, *, asker: PersonId, at_site: bool) -> list[PlateauError]:
    """Everything that is wrong with a question.

    `at_site`: the colleague who is asked reads at the site of the exam.
    """
    to_one, to_many = question.to_person is not None, bool(question.to_specialty)
    checks = (
        (to_one != to_many, InvalidInputError("choose a colleague or a specialty")),
        (question.to_person != asker, RuleBrokenError("ask somebody else than yourself")),
        (bool(question.text.strip()), InvalidInputError("write the question")),
        (
            len(question.text) <= LONGEST,
            InvalidInputError("a question has {most} characters at most", most=LONGEST),
        ),
        (
            0 < question.within_hours <= _WITHIN,
            InvalidInputError("say within how many hours, {most} at most", most=_WITHIN),
        ),
        (
            question.anonymised or not to_one or at_site,
            RuleBrokenError(
                "this colleague does not read at this site: ask without the patient's identity"
            ),
        ),
    )
    return [error for holds, error in checks if not holds]


def names_in(text: str, names: Sequence[str]) -> bool:
    """Whether a text holds one of the names as a word, whatever its case and accents."""
    words = set(_words(text))
    return any(set(parts) <= words for name in names if (parts := _words(name)))


def age_on(birth_on: date, at: datetime) -> int:
    """Years of age, nothing more precise."""
    return at.year - birth_on.year - ((at.month, at.day) < (birth_on.month, birth_on.day))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return [word for word in re.findall(r"[^\W\d_]+", kept) if len(word) >= _SHORTEST_NAME]
