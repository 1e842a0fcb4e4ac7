"""The rules of rosters: what each asks on a day, where that was read, and who decided otherwise."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.words import N_
from plateau.planning import building
from plateau.planning.publication.queries import ruling, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service.drafting import NEVER
from plateau.planning.publication.types import Decided, Decision, Period
from plateau.planning.roster import file, law
from plateau.planning.roster.rules import fair, life, possible, rest, time
from plateau.planning.roster.rules.rule import Rule
from plateau.planning.roster.types import Setting, Span
from plateau.platform.db import Tx

_GROUPS: Sequence[tuple[str, Sequence[Rule]]] = (
    (N_("What makes a roster possible"), possible.RULES),
    (N_("Rest"), rest.RULES),
    (N_("Working time"), time.RULES),
    (N_("Fair shares"), fair.RULES),
    (N_("Life and wishes"), life.RULES),
)
_DEAREST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A rule on a day: what holds (nothing when it is not yet law), and every dated word on it."""

    code: str
    says: str
    holds: Setting | None
    laws: Sequence[Setting]
    decided: Sequence[Decided]
    may_change: bool

    @property
    def starting_point(self) -> Setting:
        """What a new decision begins from."""
        return self.holds or self.laws[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules about one thing."""

    title: str
    rules: Sequence[Ruling]


def rulings(tx: Tx, *, on: date) -> list[Group]:
    """Every rule as it holds on a day."""
    decided = ruling.decided(tx)
    laws = law.settings()
    return [
        Group(title=title, rules=[_ruling(rule, laws, decided, on) for rule in rules])
        for title, rules in _GROUPS
    ]


def _ruling(rule: Rule, laws: Sequence[Setting], decided: Sequence[Decided], on: date) -> Ruling:
    mine = [one for one in laws if one.rule == rule.code]
    theirs = [one for one in decided if one.rule == rule.code]
    dated = [one for one in (*mine, *map(_setting, theirs)) if one.span.holds(on)]
    return Ruling(
        code=rule.code,
        says=rule.says,
        holds=dated[-1] if dated else None,
        laws=mine,
        decided=theirs,
        may_change=rule.code not in NEVER and bool(mine),
    )


def _setting(one: Decided) -> Setting:
    return Setting(
        rule=one.rule,
        span=Span(first=one.first_on, last=one.last_on),
        is_on=one.is_on,
        is_hard=one.is_hard,
        weight=one.weight,
        numbers=one.numbers,
        source=one.source,
    )


def decide(tx: Tx, caller: Caller, wanted: Decision, *, now: datetime) -> UUID:
    """A rule is as the caller decides, for rosters read from the territory from now on."""
    desks.require_coordinator(caller)
    known = [one for one in law.settings() if one.rule == wanted.rule]
    if not known:
        raise NotFoundError("there is no such rule")
    if wanted.rule in NEVER:
        raise RuleBrokenError("this rule is a fact, not a choice: it cannot be relaxed")
    if wanted.last is not None and wanted.last < wanted.first:
        raise InvalidInputError("the last day comes before the first")
    if not wanted.source.strip():
        raise InvalidInputError("a rule is changed for a reason: say where it was decided")
    if not 0 <= wanted.weight <= _DEAREST or (not wanted.is_hard and wanted.weight == 0):
        raise InvalidInputError("a preference has a price from 1 to {most}", most=_DEAREST)
    numbers = _numbers(known[-1], wanted.numbers)
    one = replace(wanted, numbers=numbers, source=wanted.source.strip(),
                  weight=0 if wanted.is_hard else wanted.weight)  # fmt: skip
    setting_id = uuid4()
    ruling.add(tx, setting_id, one, by=caller.person_id, at=now)
    tx.touch("roster")
    return setting_id


def _numbers(known: Setting, wanted: Mapping[str, float]) -> dict[str, float]:
    if wanted.keys() - known.numbers.keys():
        raise InvalidInputError("this rule has no such number")
    if any(not math.isfinite(value) or value < 0 for value in wanted.values()):
        raise InvalidInputError("the number of a rule is zero or more")
    return {**known.numbers, **wanted}


def withdraw(tx: Tx, caller: Caller, setting_id: UUID, *, now: datetime) -> None:
    """A decision no longer stands: the rule is as it was before it."""
    desks.require_coordinator(caller)
    if not ruling.withdraw(tx, setting_id, by=caller.person_id, at=now):
        raise ConflictError("this decision was taken back already")
    tx.touch("roster")


def is_behind(tx: Tx, period: Period) -> bool:
    """Whether a period was read with other rules than those that stand now."""
    problem = file.read_problem(versions.problem(tx, period.period_id))
    return problem.settings != building.settings(tx)
