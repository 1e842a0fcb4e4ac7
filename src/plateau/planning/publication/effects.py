"""What a replacement changes, in the few words that a coordinator compares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plateau.planning.roster.board import REST_MINUTES
from plateau.planning.roster.replace import Candidate, Effect
from plateau.planning.roster.rules.rest import OWED
from plateau.planning.roster.types import Breach


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody who could take a post: what breaks, the shortest rest, and who comes out fairer."""

    one: Candidate
    hard: Sequence[Breach]
    soft: Sequence[Breach]
    rest: Effect | None  # the shortest; none within two days of the post
    fairness: Sequence[Effect]
    share: Sequence[Effect]

    @property
    def is_short(self) -> bool:
        """Whether the rest is shorter than a day's and no rule of rest says so."""
        if self.rest is None or self.rest.will is None or self.rest.will >= REST_MINUTES:
            return False
        return not any(found.rule in OWED for found in (*self.hard, *self.soft))

    @property
    def better(self) -> int:
        """How many of the counters come nearer to what is fair."""
        return sum(effect.is_better for effect in (*self.fairness, *self.share))

    @property
    def counters(self) -> int:
        """How many counters change."""
        return len(self.fairness) + len(self.share)


def told(candidates: Iterable[Candidate]) -> list[Told]:
    """The candidates in their order, each in a few words."""
    return [_told(one) for one in candidates]


def _told(one: Candidate) -> Told:
    of = {kind: [effect for effect in one.effects if effect.kind == kind]
          for kind in ("rest", "fairness", "share")}  # fmt: skip
    breaches = _once(one.breaches)
    return Told(
        one=one,
        hard=[found for found in breaches if found.is_hard],
        soft=[found for found in breaches if not found.is_hard],
        rest=min(of["rest"], key=lambda effect: effect.will or 0, default=None),
        fairness=of["fairness"],
        share=of["share"],
    )


def _once(breaches: Iterable[Breach]) -> list[Breach]:
    """Several rules of rest may ask for more between the same posts: the longest is told."""
    kept: dict[object, Breach] = {}
    for number, found in enumerate(breaches):
        key = (found.post_ids, found.is_hard) if found.rule in OWED else number
        known = kept.get(key)
        if known is None or _owed(found) > _owed(known):
            kept[key] = found
    return list(kept.values())


def _owed(found: Breach) -> int:
    hours, _, minutes = found.values.get("needed", "0 h").partition(" h")
    return 60 * int(hours) + int(minutes.strip() or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The breaches of one rule."""

    rule: str
    cost: float
    found: Sequence[Breach]


def by_rule(breaches: Iterable[Breach]) -> list[Group]:
    """Breaches together by rule, the dearest first, the dearest of each first."""
    groups: dict[str, list[Breach]] = {}
    for one in breaches:
        groups.setdefault(one.rule, []).append(one)
    made = [
        Group(rule=rule, cost=sum(one.cost for one in found),
              found=sorted(found, key=lambda one: -one.cost))
        for rule, found in groups.items()
    ]  # fmt: skip
    return sorted(made, key=lambda group: (-group.cost, -len(group.found), group.rule))
