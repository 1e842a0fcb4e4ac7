"""Whom to call next about a critical result, and when it counts as heard."""

from collections.abc import Sequence

from plateau.kernel.errors import InvalidInputError, RuleBrokenError
from plateau.reading.critical.types import Call, Category, Phase, Report, Rung, Say

LONGEST = 500  # characters
LADDER = tuple(Rung)


def require_report(report: Report) -> None:
    """A critical finding has a category and is said in words."""
    if report.category not in set(Category):
        raise InvalidInputError("say how soon it has to be heard")
    if not report.finding.strip():
        raise InvalidInputError("say what was found")
    if len(report.finding) > LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=LONGEST)


def require_call(said: Say) -> None:
    """A call says who was called; whoever was reached has read the finding back."""
    if said.rung not in set(Rung) or not said.called.strip():
        raise InvalidInputError("say who was called")
    if said.reached and not said.read_back.strip():
        raise RuleBrokenError("ask for the finding to be read back, and write what was said")
    if not said.reached and said.read_back.strip():
        raise InvalidInputError("nobody reads back without being reached")
    if len(said.called) > LONGEST or len(said.read_back) > LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=LONGEST)


def next_rung(calls: Sequence[Call]) -> Rung:
    """Whom to call now: the first rung where nobody failed to answer, then the coordinator."""
    silent = {call.rung for call in calls if not call.reached}
    return next((rung for rung in LADDER if rung not in silent), Rung.COORDINATOR)


def phase(calls: Sequence[Call], *, is_acknowledged: bool, is_withdrawn: bool = False) -> Phase:
    """How far a critical result is."""
    if is_acknowledged or any(call.reached and call.read_back for call in calls):
        return Phase.HEARD
    if is_withdrawn:
        return Phase.WITHDRAWN
    if next_rung(calls) != LADDER[0]:
        return Phase.ESCALATED
    return Phase.CALLING if calls else Phase.OPEN
