"""Why no roster exists, in words: by counting, then by a smallest set of rules in conflict."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from ortools.sat.python.cp_model import FEASIBLE, INFEASIBLE, OPTIMAL, CpModel, CpSolver, IntVar
from ortools.sat.python.cp_model import LinearExpr as Sum

from plateau.kernel.ids import PersonId
from plateau.planning.roster.check import check
from plateau.planning.roster.counting import impossible
from plateau.planning.roster.types import Person, Post, Problem, Roster
from plateau.planning.solver import book as books
from plateau.planning.solver import loads
from plateau.planning.solver.book import Book
from plateau.planning.solver.stage import Stage, monday

_EFFORT = 5.0  # CP-SAT's own units, for each question
_AROUND = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """Less asked of one demand or rule, and how many posts would then still lack somebody."""

    kind: str  # "post" or "rule"
    rule: str
    post_id: UUID | None
    text: str
    values: Mapping[str, str]
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Demands and rules that cannot all be kept, and what would help, the cheapest first."""

    text: str
    values: Mapping[str, str]
    post_ids: tuple[UUID, ...]
    rules: tuple[str, ...]
    relaxations: tuple[Relaxation, ...]


@dataclass(slots=True)
class _Guarded:
    """Some days of a problem where every hard rule can be let go, by its guard."""

    book: Book
    posts: Sequence[Post]
    settled: Mapping[PersonId, Sequence[Post]]
    model: CpModel = field(default_factory=CpModel)
    guards: dict[tuple[str, str], IntVar] = field(default_factory=dict)
    takes: dict[tuple[PersonId, UUID], IntVar] = field(default_factory=dict)

    def guard(self, rule: str, which: str = "") -> IntVar:
        """True while a rule, or a demand, is asked for."""
        key = (rule, which)
        if key not in self.guards:
            self.guards[key] = self.model.new_bool_var(f"{rule}/{which}")
        return self.guards[key]


def explain(problem: Problem, roster: Roster | None = None) -> list[Conflict]:
    """The reasons found by counting; without any, those of each day a roster leaves short."""
    counted = [
        Conflict(
            text=one.text,
            values=one.values,
            post_ids=one.post_ids,
            rules=(one.rule,),
            relaxations=tuple(_fewer(problem, one.post_ids)),
        )
        for one in impossible(problem)
    ]
    if counted or roster is None:
        return counted
    short = [one for one in check(problem, roster) if one.rule == "cover" and one.is_hard]
    days = sorted({one.on for one in short if one.on is not None})
    return [found for day in days for found in _of_day(problem, roster, day)]


def _of_day(problem: Problem, roster: Roster, day: date) -> Iterator[Conflict]:
    """The smallest conflict around a day, what is further away being as it is."""
    near = [one for one in problem.posts if abs(one.on - day) <= _AROUND]
    guarded = _guarded(problem, roster, near)
    core = _core(guarded)
    if not core:
        return
    rules = sorted({rule for rule, _ in core if rule != "cover"})
    posts = [one for one in near if ("cover", str(one.post_id)) in core]
    text = "On {day}, {posts} cannot all be filled with {rules} kept"
    values = {
        "day": f"{day}",
        "posts": ", ".join(sorted({one.name for one in posts})),
        "rules": ", ".join(rules),
    }
    yield Conflict(
        text=text,
        values=values,
        post_ids=tuple(one.post_id for one in posts),
        rules=tuple(rules),
        relaxations=tuple(_ranked(problem, guarded, core)),
    )


def _guarded(problem: Problem, roster: Roster, near: Sequence[Post]) -> _Guarded:
    ids = {one.post_id for one in near}
    posts = {one.post_id: one for one in problem.posts}
    settled: dict[PersonId, list[Post]] = defaultdict(list)
    for post, held in problem.before:
        settled[held.person_id].append(post)
    for held in roster.assignments:
        if held.post_id not in ids and held.post_id in posts:
            settled[held.person_id].append(posts[held.post_id])
    guarded = _Guarded(Book(problem), near, settled)
    for person in problem.people:
        _post_person(guarded, person)
    for post in near:
        takes = [one for (_, post_id), one in guarded.takes.items() if post_id == post.post_id]
        if not post.is_optional:
            guard = guarded.guard("cover", str(post.post_id))
            guarded.model.add(Sum.sum(takes) >= post.needed).only_enforce_if(guard)
        guarded.model.add(Sum.sum(takes) <= post.needed)
    return guarded


def _post_person(guarded: _Guarded, person: Person) -> None:
    """What one person can hold, each rule under its guard."""
    model = guarded.model
    mine: list[tuple[Post, IntVar]] = []
    for post in guarded.posts:
        contract = person.contract(post.on)
        if contract is None or contract.status not in post.statuses:
            continue
        take = guarded.takes[person.person_id, post.post_id] = model.new_bool_var("")
        mine.append((post, take))
        for rule in books.lacks(person, post):
            model.add_implication(take, ~guarded.guard(rule))
        others = guarded.settled.get(person.person_id, ())
        for rule in sorted({_between(guarded, person, post, one) or "" for one in others} - {""}):
            model.add_implication(take, ~guarded.guard(rule))
    _post_pairs(guarded, person, mine)
    _post_half_days(guarded, person, mine)
    _post_hours(guarded, person, mine)


def _post_pairs(guarded: _Guarded, person: Person, mine: Sequence[tuple[Post, IntVar]]) -> None:
    for place, (post, take) in enumerate(mine):
        for other, late in mine[place + 1 :]:
            rule = _between(guarded, person, post, other)
            if rule == "one_place":
                guarded.model.add_at_most_one([take, late])
            elif rule:
                guarded.model.add_bool_or([~take, ~late, ~guarded.guard(rule)])


def _between(guarded: _Guarded, person: Person, one: Post, other: Post) -> str | None:
    if abs(one.starts_at - other.starts_at) > timedelta(days=3):
        return None
    return guarded.book.clash(person, one, other)


def _post_half_days(guarded: _Guarded, person: Person, mine: Sequence[tuple[Post, IntVar]]) -> None:
    for first in sorted({monday(post.on) for post, _ in mine}):
        last = first + timedelta(days=6)
        contract = person.contract(first) or person.contract(last)
        if contract is None or contract.takes_extra or contract.status not in books.DOCTORS:
            continue
        held = [one for one in guarded.settled.get(person.person_id, ()) if first <= one.on <= last]
        due = int(loads.half_days_due(person, last)) - sum(map(books.half_days, held))
        week = [(post, take) for post, take in mine if first <= post.on <= last]
        work = Sum.weighted_sum(
            [take for _, take in week], [books.half_days(post) for post, _ in week]
        )
        guarded.model.add(work <= max(0, due)).only_enforce_if(guarded.guard("half_days"))


def _post_hours(guarded: _Guarded, person: Person, mine: Sequence[tuple[Post, IntVar]]) -> None:
    """Hours of a week, and averages over months, under the guard of their rule."""
    part = Stage(guarded.book, guarded.posts, guarded.settled, guarded.model)
    part.by_person[person.person_id] = list(mine)
    for limit in loads.limits(part, person):
        guard = guarded.guard(limit.rule)
        guarded.model.add(limit.work <= limit.most).only_enforce_if(guard)


def _core(guarded: _Guarded) -> set[tuple[str, str]]:
    """A smallest set of guards that cannot all hold: dropping any of them leaves a roster."""
    core = _conflicting(guarded, set(guarded.guards))
    for key in sorted(core or ()):
        if core and (smaller := _conflicting(guarded, core - {key})):
            core = smaller
    return core or set()


def _conflicting(guarded: _Guarded, keys: set[tuple[str, str]]) -> set[tuple[str, str]] | None:
    """Those of some guards that conflict; none when they can all hold."""
    names = {guarded.guards[key].index: key for key in sorted(keys)}
    guarded.model.clear_assumptions()
    guarded.model.add_assumptions([guarded.guards[key] for key in sorted(keys)])
    solver = _solver()
    if solver.solve(guarded.model) != INFEASIBLE:
        return None
    found = solver.sufficient_assumptions_for_infeasibility()
    return {names[index] for index in found if index in names}


def _solver() -> CpSolver:
    solver = CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = _EFFORT
    return solver


def _ranked(problem: Problem, guarded: _Guarded, core: set[tuple[str, str]]) -> list[Relaxation]:
    """Each guard of a conflict let go alone: the fewest posts then still short come first."""
    names = {str(one.post_id): one for one in problem.posts}
    found = [_relaxed(guarded, key, names.get(key[1])) for key in sorted(core)]
    return sorted(found, key=lambda one: (one.price, one.kind, one.rule))


def _relaxed(guarded: _Guarded, key: tuple[str, str], post: Post | None) -> Relaxation:
    price = _short(guarded, key)
    if post is not None:
        text, values = "Leave {post} on {day} short", {"post": post.name, "day": f"{post.on}"}
        kind, post_id = "post", post.post_id
    else:
        text, values = "Let go of the rule {rule} on these days", {"rule": key[0]}
        kind, post_id = "rule", None
    return Relaxation(
        kind=kind, rule=key[0], post_id=post_id, text=text, values=values, price=price
    )


def _short(guarded: _Guarded, let_go: tuple[str, str]) -> float:
    """How many posts stay short when one guard is let go and every other rule is kept."""
    model = CpModel()
    model.proto.copy_from(guarded.model.proto)
    model.clear_assumptions()
    demands: list[IntVar] = []
    for key, guard in guarded.guards.items():
        mine = model.get_bool_var_from_proto_index(guard.index)
        if key == let_go:
            model.add(mine == 0)
        elif key[0] == "cover":
            demands.append(mine)
        else:
            model.add(mine == 1)
    model.maximize(Sum.sum(demands))
    solver = _solver()
    if solver.solve(model) not in (OPTIMAL, FEASIBLE):
        return float(len(demands))
    return len(demands) - solver.objective_value + (let_go[0] == "cover")


def _fewer(problem: Problem, post_ids: Sequence[UUID]) -> Iterator[Relaxation]:
    """Ask for less on each of the posts that too few people are able to hold."""
    posts = {one.post_id: one for one in problem.posts}
    for post_id in post_ids:
        post = posts[post_id]
        yield Relaxation(
            kind="post",
            rule="cover",
            post_id=post_id,
            text="Leave {post} on {day} short",
            values={"post": post.name, "day": f"{post.on}"},
            price=1.0,
        )
