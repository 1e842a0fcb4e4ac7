"""Pure decisions of radiology-pathology correlation: the category, and when a change is allowed.

Source: Youk JH et al., Concordant or discordant?, Korean J Radiol 2011;12(2):232-240,
doi:10.3348/kjr.2011.12.2.232 (five categories and the conduct for each).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from plateau.kernel.errors import InvalidInputError, PlateauError, RuleBrokenError
from plateau.reading.correlation.types import (
    Category,
    Pathology,
    Sample,
    State,
    Step,
    Suspicion,
)

LONGEST = 4000
_WITHIN = 365  # days


def category(pathology: Pathology, *, explains: bool) -> Category:
    """How images and pathology go together; `explains`: the finding accounts for the images.

    A sample of which nothing can be said explains nothing. Lesions of high risk are apart,
    whatever the images.
    """
    if pathology == Pathology.HIGH_RISK:
        return Category.BORDERLINE
    if pathology == Pathology.MALIGNANT:
        return Category.CONCORDANT_MALIGNANT if explains else Category.DISCORDANT_MALIGNANT
    if pathology == Pathology.BENIGN and explains:
        return Category.CONCORDANT_BENIGN
    return Category.DISCORDANT_BENIGN


class Guard(Enum):
    """What must hold for a change to be allowed."""

    READER = auto()
    CARER = auto()  # anybody who takes care of the patient at the site may copy the answer
    JUDGE = auto()
    REASON = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at."""

    reads_there: bool = False
    cares_there: bool = False
    pathology: str = ""
    explains: bool | None = None
    text: str = ""


MOVES: Mapping[tuple[State | None, Step], tuple[Guard, State]] = {
    (None, Step.SAMPLED): (Guard.READER, State.AWAITED),
    (State.AWAITED, Step.FOUND): (Guard.CARER, State.FOUND),
    (State.FOUND, Step.CORRELATED): (Guard.JUDGE, State.CORRELATED),
    (State.AWAITED, Step.NOT_DONE): (Guard.REASON, State.NOT_DONE),
}
_Check = tuple[Callable[[Facts], bool], Callable[[], PlateauError]]
_READER: _Check = (
    lambda facts: facts.reads_there,
    lambda: RuleBrokenError("only a reader of this site does that"),
)
_TEXT: _Check = (
    lambda facts: bool(facts.text.strip()),
    lambda: InvalidInputError("write a few words"),
)
_CHECKS: Mapping[Guard, tuple[_Check, ...]] = {
    Guard.READER: (_READER,),
    Guard.CARER: (
        (
            lambda facts: facts.cares_there,
            lambda: RuleBrokenError("only those who take care of the patient do that"),
        ),
        (
            lambda facts: facts.pathology in set(Pathology),
            lambda: InvalidInputError("choose what the pathologist found"),
        ),
        _TEXT,
    ),
    Guard.JUDGE: (
        _READER,
        (
            lambda facts: facts.explains is not None,
            lambda: InvalidInputError("say whether the finding explains the images"),
        ),
    ),
    Guard.REASON: (_READER, _TEXT),
}


def after(state: State | None, step: Step, facts: Facts) -> State:
    """The state that `step` leads to; the error says why it cannot happen."""
    move = MOVES.get((state, step))
    if move is None:
        raise RuleBrokenError(
            "a biopsy that is {state} cannot be {step}", state=state or "absent", step=step
        )
    guard, reached = move
    for holds, refusal in _CHECKS[guard]:
        if not holds(facts):
            raise refusal()
    return reached


def problems(sample: Sample) -> list[PlateauError]:
    """Everything that is wrong with a sample."""
    checks = (
        (bool(sample.lesion.strip()), InvalidInputError("say what was sampled, and where")),
        (
            len(sample.lesion) <= LONGEST,
            InvalidInputError("a text here has {most} characters at most", most=LONGEST),
        ),
        (
            sample.suspicion in set(Suspicion),
            InvalidInputError("say what the images made you think of"),
        ),
        (
            0 < sample.within_days <= _WITHIN,
            InvalidInputError("say within how many days, {most} at most", most=_WITHIN),
        ),
    )
    return [error for holds, error in checks if not holds]
