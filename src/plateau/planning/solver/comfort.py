"""What makes a roster liveable: wishes, patterns, weekends, teams, specialties, few changes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from ortools.sat.python.cp_model import IntVar, LinearExpr

from plateau.kernel.ids import PersonId
from plateau.planning.roster.rules.life import touches, wish_scale
from plateau.planning.roster.types import Half, Kind, Person, Post, Wish, WishKind
from plateau.planning.solver import book as books
from plateau.planning.solver.stage import MISSING, SCALE, Stage, Term

_DAY = timedelta(days=1)


def post(stage: Stage) -> None:
    """Charge what soft rules of everyday life ask for."""
    for person in stage.people:
        if stage.by_person.get(person.person_id):
            _wishes(stage, person)
            _nights_apart(stage, person)
            _weekends(stage, person)
            _one_specialty(stage, person)
    _teams(stage)
    _few_changes(stage)


def _wishes(stage: Stage, person: Person) -> None:
    scale = wish_scale(person.wishes, stage.book.problem.wish_points)
    for wish in person.wishes:
        touching = [
            take
            for one, take in stage.by_person[person.person_id]
            if touches(wish, one.on.toordinal(), one.half)
        ]
        price = stage.book.weight("wish", wish.on) * wish.points * scale
        if not touching or any(
            touches(wish, one.on.toordinal(), one.half)
            for one in stage.settled.get(person.person_id, ())
        ):
            continue  # what is settled has granted it, or refused it, already
        if wish.kind is WishKind.WORK:
            _grant_work(stage, person, wish, (touching, price))
        elif not wish.is_hard and price:
            works = touching[0] if len(touching) == 1 else _any(stage, touching)
            stage.charge(works, price)


def _grant_work(
    stage: Stage, person: Person, wish: Wish, found: tuple[Sequence[IntVar], float]
) -> None:
    """Refusing a wish to work costs its price; refusing a promise, half an empty post."""
    touching, price = found
    promised = wish.is_hard and stage.book.of("wish_hard", wish.on) is not None
    refused = stage.model.new_bool_var("")
    stage.model.add_bool_or([*touching, refused])
    stage.charge(refused, MISSING / SCALE / 2 if promised else price)


def _any(stage: Stage, takes: Sequence[IntVar]) -> IntVar:
    found = stage.model.new_bool_var("")
    for take in takes:
        stage.model.add_implication(take, found)
    return found


def _nights_apart(stage: Stage, person: Person) -> None:
    """A night, a day off and a night again cost their price."""
    nights: dict[date, list[IntVar]] = defaultdict(list)
    for one, take in stage.by_person[person.person_id]:
        if books.is_night(one):
            nights[one.on].append(take)
    held = {one.on for one in stage.settled.get(person.person_id, ()) if books.is_night(one)}
    for day in sorted({*nights, *(one - 2 * _DAY for one in nights)}):
        weight = stage.book.weight("night_off_night", day + 2 * _DAY)
        if not weight or day + _DAY in held:
            continue
        if day in nights and day + 2 * _DAY in nights:
            pattern = stage.model.new_bool_var("")
            between = LinearExpr.sum(nights.get(day + _DAY, []))
            ends = LinearExpr.sum([*nights[day], *nights[day + 2 * _DAY]])
            stage.model.add(pattern >= ends - between - 1)
            stage.charge(pattern, weight)
        elif (day in held) != (day + 2 * _DAY in held):
            for take in nights.get(day, []) + nights.get(day + 2 * _DAY, []):
                stage.charge(take, weight)


def _weekends(stage: Stage, person: Person) -> None:
    """A weekend half worked costs its price."""
    days: dict[date, list[IntVar]] = defaultdict(list)
    for one, take in stage.by_person[person.person_id]:
        if one.on.weekday() >= 5:
            days[one.on].append(take)
    held = {one.on for one in stage.settled.get(person.person_id, ())}
    for saturday in sorted({day - _DAY * (day.weekday() - 5) for day in days}):
        weight = stage.book.weight("weekend_together", saturday)
        if weight:
            first = _worked(stage, saturday, days, held)
            second = _worked(stage, saturday + _DAY, days, held)
            if not (isinstance(first, int) and isinstance(second, int)):
                half = stage.model.new_bool_var("")
                stage.model.add(half >= first - second)
                stage.model.add(half >= second - first)
                stage.charge(half, weight)


def _worked(stage: Stage, day: date, days: dict[date, list[IntVar]], held: set[date]) -> Term:
    """Whether a day is worked: known, or one of the choices of that day."""
    if day in held:
        return 1
    takes = days.get(day, [])
    if not takes:
        return 0
    works = stage.model.new_bool_var("")
    for take in takes:
        stage.model.add_implication(take, works)
    stage.model.add_bool_or([*takes, ~works])
    return works


def _one_specialty(stage: Stage, person: Person) -> None:
    """Going from one specialty to another within a day costs its price."""
    sessions: dict[date, dict[tuple[Half, str], list[IntVar]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one, take in stage.by_person[person.person_id]:
        if one.kind is Kind.SESSION and one.skill is not None:
            sessions[one.on][one.half, one.skill].append(take)
    for day, halves in sessions.items():
        weight = stage.book.weight("same_specialty", day)
        skills = {skill for _, skill in halves}
        if not weight or len({half for half, _ in halves}) < 2 or len(skills) < 2:
            continue
        change = stage.model.new_bool_var("")
        stage.charge(change, weight)
        for skill in sorted(skills):
            same = halves.get((Half.MORNING, skill), [])
            other = [
                take
                for (half, one), takes in halves.items()
                if half is Half.AFTERNOON and one != skill
                for take in takes
            ]
            if same and other:
                stage.model.add(LinearExpr.sum([*same, *other]) <= 1 + change)


def _teams(stage: Stage) -> None:
    """Each person on a run of posts beyond those it needs costs its price."""
    runs: dict[str, list[Post]] = defaultdict(list)
    for one in stage.posts:
        if one.run is not None:
            runs[one.run].append(one)
    for posts in runs.values():
        weight = stage.book.weight("same_team", posts[0].on)
        if weight and len(posts) > 1:
            for person in stage.people:
                takes = [
                    stage.takes[person.person_id, one.post_id]
                    for one in posts
                    if (person.person_id, one.post_id) in stage.takes
                ]
                if takes:
                    stage.charge(_any(stage, takes), weight)


def _few_changes(stage: Stage) -> None:
    """Each assignment that was not published costs its price."""
    problem = stage.book.problem
    known = {(one.person_id, one.post_id) for one in problem.published}
    if not known:
        return
    days = {one.post_id: one.on for one in stage.posts}
    for (person_id, post_id), take in stage.takes.items():
        weight = stage.book.weight("least_change", days[post_id])
        if weight and (PersonId(person_id), post_id) not in known:
            stage.charge(take, weight)
