"""The planner: public shift-scheduling instances, and invented pools of real sizes.

INSTANCES names a folder of `Instance*.txt` and `best_known.csv`; `--quick` takes short limits and
one seed, `--seeds` fewer of them, `--limit` no more seconds a solve; names after them choose among
`public basque-landes year le-mans region`. TIMEFOLD names a Python that has it, if ours has not.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from harness import Result, Target, report, seconds
from peers import public
from peers.memory import Peak, processor
from plateau.planning.roster import samples
from plateau.planning.roster.check import check
from plateau.planning.roster.replace import replacements
from plateau.planning.roster.types import Assignment, Kind, Post, Problem, Roster, Span
from plateau.planning.solver.replan import replan
from plateau.planning.solver.solve import Solution, solve

_CALLS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each part may take. Units: seconds."""

    public: float = 300
    peer: float = 60
    quarter: float = 60
    year: float = 300
    region: float = 600
    seeds: Sequence[int] = (1, 2, 3)


QUICK = Limits(public=20, peer=10, quarter=30, year=90, region=60, seeds=(1,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a pool's roster has to reach."""

    first: float | None  # seconds to a first roster
    whole: float  # seconds in all
    gap: float  # of sessions to their bound, per cent
    slack: float = 0.0  # of burdens, past one and past what arithmetic allows
    memory: float | None = None  # gibibytes


def main() -> None:
    """Measure what was asked for and print it beside its targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--limit", type=float)
    parser.add_argument("parts", nargs="*", default=list(_MEASURES))
    asked = parser.parse_args()
    unknown = [part for part in asked.parts if part not in _MEASURES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(_MEASURES)}")
    limits = _limits(QUICK if asked.quick else Limits(), asked.seeds, asked.limit)
    for part in asked.parts:
        results = [_with_load(result) for result in _MEASURES[part](limits)]
        report("roster-quick" if asked.quick else "roster", results, keep=True)


def _limits(limits: Limits, seeds: int | None, most: float | None) -> Limits:
    """The limits, with fewer seeds and no solve longer than asked."""
    if seeds is not None:
        limits = replace(limits, seeds=limits.seeds[:seeds])
    if most is None:
        return limits
    return replace(
        limits,
        public=min(limits.public, most),
        peer=min(limits.peer, most / 2),
        quarter=min(limits.quarter, most),
        year=min(limits.year, most),
        region=min(limits.region, most),
    )


def _with_load(result: Result) -> Result:
    """Beside each figure, how busy the machine was."""
    load = f"load {os.getloadavg()[0]:.1f}"
    return replace(result, note=f"{result.note}, {load}" if result.note else load)


def shifts(limits: Limits) -> list[Result]:
    """The public instances, against the textbook, HiGHS alone and Timefold."""
    folder = public.folder()
    if not public.are_in(folder):
        note = f"no instances in {folder}: set INSTANCES"
        return [Result(name="public instances", value=None, unit="", note=note)]
    return public.measured(folder, limits.public, limits.peer, limits.seeds)


def basque_landes(limits: Limits) -> list[Result]:
    """A quarter of a pool of 36 doctors; then a sick call on it."""
    aim = Aim(first=10, whole=limits.quarter, gap=1)
    problem = samples.basque_landes()
    results, found = _pool("Basque-Landes quarter", problem, aim, limits)
    return [*results, *_sick(problem, found)]


def year(limits: Limits) -> list[Result]:
    """A year of the same pool."""
    aim = Aim(first=None, whole=limits.year, gap=1, memory=4)
    results, _ = _pool("Basque-Landes year", samples.basque_landes(weeks=52), aim, limits)
    return results


def le_mans(limits: Limits) -> list[Result]:
    """A quarter of nuclear medicine: six machines shared by halves, twenty technologists."""
    problem = samples.le_mans()
    aim = Aim(first=None, whole=limits.quarter, gap=1)
    results, _ = _pool("Le Mans quarter", problem, aim, limits)
    return results


def region(limits: Limits) -> list[Result]:
    """A quarter of 200 doctors on 25 sites, one seed, for its length; a year of it checked."""
    one = replace(limits, seeds=limits.seeds[:1])
    aim = Aim(first=30, whole=limits.region, gap=10, slack=0.5, memory=4)
    results, found = _pool("region quarter", samples.region(), aim, one)
    problem = samples.region(weeks=52)
    roster = _repeated(samples.region(), found.roster, problem)
    spent = min(seconds(lambda: check(problem, roster)) for _ in range(3))
    note = f"{len(problem.posts)} posts, {len(problem.people)} people"
    target = Target(bound=1)
    return [
        *results,
        Result(name="check of a year", value=spent, unit="s", target=target, note=note),
    ]


def _pool(name: str, problem: Problem, aim: Aim, limits: Limits) -> tuple[list[Result], Solution]:
    found: list[Solution] = []
    spent: list[float] = []
    used: list[float] = []
    with Peak() as peak:
        for seed in limits.seeds:
            began, worked = time.perf_counter(), processor()
            found.append(solve(problem, seconds=aim.whole, workers=2, seed=seed))
            spent.append(time.perf_counter() - began)
            used.append(processor() - worked)

    def row(what: str, of: Callable[[Solution], float], unit: str, bound: float | None) -> Result:
        value = statistics.median(of(one) for one in found)
        target = None if bound is None else Target(bound=bound)
        return Result(name=f"{name}: {what}", value=value, unit=unit, target=target)

    rows = [
        row("first roster", lambda one: one.first_seconds, "s", aim.first),
        row("posts short", lambda one: _hard(one, is_cover=True), "posts", 0),
        row("other hard breaches", lambda one: _hard(one, is_cover=False), "breaches", 0),
        row("people past a fair burden", lambda one: _unfair(one, aim.slack), "people", 0),
        row("members past their share", lambda one: _count(one, "machine_share"), "members", 0),
        row("sessions' gap, duties given", lambda one: 100 * one.session_gap,
            "%", aim.gap),
        row("cost of soft rules", lambda one: sum(one.by_rule.values()), "points", None),
    ]  # fmt: skip
    whole = statistics.median(spent)
    note = f"{aim.whole:g} s asked, {statistics.median(used):.0f} s of processor"
    rows.append(Result(name=f"{name}: time", value=whole, unit="s", note=note))
    first = statistics.median(one.first_processor_s for one in found)
    rows[0] = replace(rows[0], note=f"{first:.1f} s of processor")
    memory = None if aim.memory is None else Target(bound=aim.memory)
    rows.append(Result(name=f"{name}: memory", value=peak.gib, unit="GiB", target=memory))
    return rows, found[0]


def _hard(one: Solution, *, is_cover: bool) -> float:
    return sum(each.is_hard and (each.rule == "cover") is is_cover for each in one.breaches)


def _count(one: Solution, rule: str) -> float:
    return sum(each.rule == rule for each in one.breaches)


def _unfair(one: Solution, slack: float) -> float:
    """People further from a fair burden of duties than tolerance, arithmetic and slack allow."""
    return sum(
        each.rule.startswith("fair_")
        and each.rule != "fair_travel"
        and each.cost > slack * _PRICE[each.rule]
        for each in one.breaches
    )


_PRICE = {
    one.rule: one.weight for one in samples.le_mans(weeks=1).settings if one.rule[:5] == "fair_"
}


def _calls(problem: Problem, found: Solution) -> list[tuple[Problem, Assignment]]:
    """Some duties, and the problem once those who hold them are away, half a day before."""
    duties = {one.post_id: one for one in problem.posts if one.kind is Kind.DUTY}
    held = sorted(one for one in found.roster.assignments if one.post_id in duties)
    asked: list[tuple[Problem, Assignment]] = []
    for one in held[:: max(1, len(held) // _CALLS)][:_CALLS]:
        duty = duties[one.post_id]
        day = Span(first=duty.on, last=duty.on)
        people = tuple(
            replace(each, leave=(*each.leave, day)) if each.person_id == one.person_id else each
            for each in problem.people
        )
        now = duty.starts_at - timedelta(hours=12)
        published = found.roster.assignments
        ill = replace(problem, people=people, published=published, frozen_until=now)
        asked.append((ill, one))
    return asked


def _sick(problem: Problem, found: Solution) -> Iterator[Result]:
    """Somebody falls ill on a published quarter: who could take the duty, and a new plan."""
    starts = {one.post_id: one.starts_at for one in problem.posts}
    asked = _calls(problem, found)

    def ranked(ill: Problem, one: Assignment) -> float:
        now = starts[one.post_id]
        roster = Roster(assignments=ill.published)
        return seconds(lambda: replacements(ill, roster, one.post_id, now=now))

    worked = time.process_time()
    spent = statistics.median(ranked(ill, one) for ill, one in asked)
    mean_ms = 1000 * (time.process_time() - worked) / len(asked)
    note = f"median of {len(asked)} sick calls, {mean_ms:.0f} ms of processor each"
    target = Target(bound=200)
    yield Result(
        name="sick call: replacements", value=1000 * spent, unit="ms", target=target, note=note
    )
    times: list[float] = []
    proven, worked = 0, time.process_time()
    for ill, _ in asked:
        began = time.perf_counter()
        proven += replan(ill).is_proven
        times.append(time.perf_counter() - began)
    mean_s = (time.process_time() - worked) / len(asked)
    note = f"worst of {len(asked)}, {proven} proven fewest, {mean_s:.1f} s of processor each"
    target = Target(bound=10)
    yield Result(name="sick call: new plan", value=max(times), unit="s", target=target, note=note)
    target = Target(bound=len(asked), better="higher")
    yield Result(name="sick call: proven", value=proven, unit="of 5", target=target)


def _repeated(problem: Problem, roster: Roster, longer: Problem) -> Roster:
    """A roster of some weeks, over and over: not legal everywhere, but as long to check."""
    posts = {post.post_id: post for post in problem.posts}
    days = (problem.last - problem.first).days + 1
    held: dict[object, list[Assignment]] = {}
    for one in sorted(roster.assignments):
        post = posts[one.post_id]
        held.setdefault(_place(post, (post.on - problem.first).days), []).append(one)
    return Roster(
        assignments=frozenset(
            Assignment(post.post_id, one.person_id, one.position)
            for post in longer.posts
            for one in held.get(_place(post, (post.on - longer.first).days % days), ())
        )
    )


def _place(post: Post, day: int) -> tuple[object, ...]:
    """What tells the posts of a day apart."""
    return (day, post.half, post.name, post.first_position, post.line_id, post.site_id)


_MEASURES: dict[str, Callable[[Limits], list[Result]]] = {
    "public": shifts,
    "basque-landes": basque_landes,
    "year": year,
    "le-mans": le_mans,
    "region": region,
}

if __name__ == "__main__":
    main()
