"""Whether a roster keeps the rules: the truth about it, which needs no solver."""

import gc
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache

from plateau.planning.roster.board import At, Board, Worker, lay_out
from plateau.planning.roster.rules.catalogue import RULES
from plateau.planning.roster.rules.rule import Rule
from plateau.planning.roster.types import Breach, Override, Problem, Roster, Setting


def check(problem: Problem, roster: Roster) -> list[Breach]:
    """Every breach of every rule that holds, in the order of the rules."""
    with _uncollected():
        return check_board(lay_out(problem, roster))


@contextmanager
def _uncollected() -> Generator[None]:
    """No search for cycles meanwhile: there are none, and looking takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def check_board(board: Board) -> list[Breach]:
    """Every breach of a roster that is laid out."""
    return [found for rule in RULES.values() for found in _look(board, rule)]


def check_person(board: Board, one: Worker) -> list[Breach]:
    """What the rules that look at people one by one say of somebody."""
    return [
        found
        for rule in RULES.values()
        if rule.by_person is not None and _concerns(rule, one)
        for found in rule.by_person(board, one, decided(board.problem, rule.code))
    ]


def _look(board: Board, rule: Rule) -> Iterator[Breach]:
    at = decided(board.problem, rule.code)
    if rule.by_roster is not None:
        yield from rule.by_roster(board, at)
    if rule.by_person is not None:
        for one in board.workers.values():
            if (one.works and _concerns(rule, one)) or rule.code in _WITHOUT_WORK:
                yield from rule.by_person(board, one, at)


_WITHOUT_WORK = {"wish", "wish_hard"}  # a wish to work is refused to who does not work


def _concerns(rule: Rule, one: Worker) -> bool:
    return any(contract.status in rule.statuses for contract in one.person.contracts)


def decided(problem: Problem, code: str) -> At:
    """A rule as it holds on each day: the last setting of those that hold wins."""
    mine = [setting for setting in problem.settings if setting.rule == code]
    if len(mine) == 1 and _is_whole(mine[0], problem):
        always = mine[0] if mine[0].is_on else None
        return lambda on: always
    return cache(lambda on: _of_day(mine, on))


def _of_day(settings: Sequence[Setting], on: date) -> Setting | None:
    held = next((setting for setting in reversed(settings) if setting.span.holds(on)), None)
    return held if held is not None and held.is_on else None


def _is_whole(setting: Setting, problem: Problem) -> bool:
    floor = problem.first - timedelta(days=200)
    last = setting.span.last
    return setting.span.first <= floor and (last is None or problem.last <= last)


def standing(breaches: Iterable[Breach], overrides: Sequence[Override]) -> list[Breach]:
    """The breaches that nobody has accepted with a reason."""
    return [found for found in breaches if not any(accepts(one, found) for one in overrides)]


def accepts(override: Override, found: Breach) -> bool:
    """Whether an accepted breach is this one."""
    return (
        override.rule == found.rule
        and (override.post_id is None or override.post_id in found.post_ids)
        and (override.person_id is None or override.person_id == found.person_id)
    )
