"""Rules of a life with it: patterns, weekends, teams, specialties, wishes, published plans."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from plateau.kernel.words import N_
from plateau.planning.roster.board import At, Board, Work, Worker, held_now
from plateau.planning.roster.rules.rule import Rule, breach
from plateau.planning.roster.types import Breach, Half, Kind, Wish, WishKind


def _night_off_night(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    nights = {work.day: work for work in one.works if work.is_night}
    for day, work in nights.items():
        if day + 2 not in nights or day + 1 in nights or not nights[day + 2].is_planned:
            continue
        setting = at(nights[day + 2].post.on)
        if setting is not None:
            text = N_("{person} has one night off between those of {day} and {other}")
            pair = (work, nights[day + 2])
            values = {"person": one.person.name, "day": f"{work.post.on}",
                      "other": f"{pair[1].post.on}"}  # fmt: skip
            yield breach(setting, text, values, works=pair, person_id=one.person.person_id)


def _weekend_together(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    weekend: dict[int, list[Work]] = {}
    for work in one.works:
        if work.day % 7 in {6, 0}:  # ordinals: 6 is a Saturday, 0 a Sunday
            weekend.setdefault(work.day - (work.day % 7 == 0), []).append(work)
    for works in weekend.values():
        if len({work.day for work in works}) == 2 or not works[-1].is_planned:
            continue
        setting = at(works[-1].post.on)
        if setting is not None:
            text = N_("{person} works on {day} and not on the other day of the weekend")
            values = {"person": one.person.name, "day": f"{works[0].post.on}"}
            yield breach(setting, text, values, works=works, person_id=one.person.person_id)


def _same_team(board: Board, at: At) -> Iterator[Breach]:
    runs: dict[str, list[Work]] = {}
    for work in board.posts:
        if work.post.run is not None:
            runs.setdefault(work.post.run, []).append(work)
    for run, works in sorted(runs.items()):
        setting = at(works[0].post.on)
        people = {p for work in works for p in board.holders[work.number]}
        needed = max(work.post.needed for work in works)
        if setting is not None and len(people) > needed:
            text = N_("{run} from {day} is held by {people} people, {needed} would do")
            values = {"run": run, "day": f"{min(work.post.on for work in works)}",
                      "people": str(len(people)), "needed": str(needed)}  # fmt: skip
            yield breach(setting, text, values, works=works, units=len(people) - needed)


def _same_specialty(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    before: Work | None = None
    for work in one.works:
        if work.post.kind is not Kind.SESSION or work.post.skill is None:
            continue
        changed = before is not None and before.day == work.day
        if before is not None and changed and before.post.skill != work.post.skill:
            setting = at(work.post.on) if work.is_planned else None
            if setting is not None:
                text = N_("{person} goes from {before} to {after} on {day}")
                values = {"person": one.person.name, "before": str(before.post.skill),
                          "after": str(work.post.skill), "day": f"{work.post.on}"}  # fmt: skip
                pair = (before, work)
                yield breach(setting, text, values, works=pair, person_id=one.person.person_id)
        before = work


def touches(wish: Wish, day: int, half: Half) -> bool:
    """Whether work of a half of a day is what a wish is about."""
    return wish.on.toordinal() == day and (wish.half is None or wish.half is half)


def is_granted(wish: Wish, works: list[Work]) -> bool:
    """Whether a wish is granted by the work of its day."""
    there = any(touches(wish, work.day, work.post.half) for work in works)
    return there is (wish.kind is WishKind.WORK)


def wish_scale(wishes: tuple[Wish, ...], points: int) -> float:
    """What a point is worth to somebody: those who ask for more than their budget get less each."""
    asked = sum(wish.points for wish in wishes if not wish.is_hard)
    return min(1.0, points / asked) if asked else 1.0


def _wishes(*, is_hard: bool) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule on wishes, promised or not."""

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        mine = [w for w in one.person.wishes if w.is_hard is is_hard]
        if not mine:
            return
        days: dict[int, list[Work]] = {wish.on.toordinal(): [] for wish in mine}
        for work in one.works:
            if work.day in days:
                days[work.day].append(work)
        scale = wish_scale(one.person.wishes, board.problem.wish_points)
        for wish in mine:
            if board.problem.first <= wish.on <= board.problem.last:
                works = days[wish.on.toordinal()]
                if not is_granted(wish, works):
                    yield from _refused(wish, one, works, (at, scale))

    return look


def _refused(
    wish: Wish, one: Worker, works: list[Work], price: tuple[At, float]
) -> Iterator[Breach]:
    at, scale = price
    setting = at(wish.on)
    if setting is None:
        return
    asked = {
        WishKind.OFF: N_("{person} asked to be off on {day} and works"),
        WishKind.WORK: N_("{person} asked to work on {day} and does not"),
    }
    values = {"person": one.person.name, "day": f"{wish.on}"}
    touched = [work for work in works if touches(wish, work.day, work.post.half)]
    person_id = one.person.person_id
    units = wish.points * scale
    found = breach(
        setting, asked[wish.kind], values, works=touched, person_id=person_id, units=units
    )
    yield replace(found, on=wish.on)


def _least_change(board: Board, at: At) -> Iterator[Breach]:
    published = board.problem.published
    if not published:
        return
    was = Counter((held.post_id, held.person_id) for held in published)
    for post_id, person_id in sorted(held_now(board) - was):
        work = board.posts[board.numbers[post_id.int]]
        setting = at(work.post.on)
        if setting is not None:
            text = N_("{post} on {day} now goes to {person}")
            values = {"person": board.workers[person_id].person.name, "post": work.post.name,
                      "day": f"{work.post.on}"}  # fmt: skip
            yield breach(setting, text, values, works=(work,), person_id=person_id)


RULES = (
    Rule(
        code="night_off_night",
        says=N_("No night, day off, night."),
        by_person=_night_off_night,
    ),
    Rule(
        code="weekend_together",
        says=N_("A weekend is worked on both days or on none."),
        by_person=_weekend_together,
    ),
    Rule(code="same_team", says=N_("The same people hold a run of posts."), by_roster=_same_team),
    Rule(
        code="same_specialty",
        says=N_("Nobody changes specialty within a day."),
        by_person=_same_specialty,
    ),
    Rule(code="wish_hard", says=N_("Promised wishes are kept."), by_person=_wishes(is_hard=True)),
    Rule(
        code="wish",
        says=N_("Wishes are granted where possible, worth the same to all."),
        by_person=_wishes(is_hard=False),
    ),
    Rule(
        code="least_change",
        says=N_("What is published changes as little as possible."),
        by_roster=_least_change,
    ),
)
