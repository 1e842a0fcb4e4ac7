"""Rules of what is possible at all: cover, one place at a time, rights, contracts, leave."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from plateau.kernel.words import N_
from plateau.planning.roster.board import At, Board, Work, Worker, held_now
from plateau.planning.roster.rules.rule import Rule, breach, hours
from plateau.planning.roster.spans import always
from plateau.planning.roster.types import Breach, Setting


def _known(board: Board, at: At) -> Iterator[Breach]:
    setting = at(board.problem.last)
    if setting is None:
        return
    for held in board.unknown:
        values = {"post": str(held.post_id), "person": str(held.person_id)}
        yield breach(setting, N_("No such post or person: {post}, {person}"), values)
    for work in board.posts:
        people = board.holders[work.number]
        if len(people) > 1 and len(set(people)) < len(people):
            values = {"post": work.post.name, "day": f"{work.post.on}"}
            yield breach(
                setting, N_("{post} on {day} has the same person twice"), values, works=(work,)
            )


def _cover(board: Board, at: At) -> Iterator[Breach]:
    return _filled(board, at, is_optional=False)


def _cover_optional(board: Board, at: At) -> Iterator[Breach]:
    return _filled(board, at, is_optional=True)


def _filled(board: Board, at: At, *, is_optional: bool) -> Iterator[Breach]:
    for work, people in zip(board.posts, board.holders, strict=True):
        post, done = work.post, len(people)
        if done == post.needed or (done < post.needed and post.is_optional is not is_optional):
            continue
        setting = at(post.on)
        if setting is None or (done > post.needed and is_optional):
            continue
        text = N_("{post} on {day} has {done} of {needed} people")
        values = {"post": post.name, "day": f"{post.on}", "done": str(done),
                  "needed": str(post.needed)}  # fmt: skip
        yield breach(setting, text, values, works=(work,), units=abs(post.needed - done))


def _one_place(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    longest: Work | None = None  # of the work so far, that which ends last
    for work in one.works:
        if longest is not None and work.start < longest.end and work.is_planned:
            setting = at(work.post.on)
            if setting is not None:
                text = N_("{person} is at two places on {day}: {post} and {other}")
                yield _pair(setting, one, (longest, work), text)
        if longest is None or work.end > longest.end:
            longest = work


def _pair(
    setting: Setting, one: Worker, works: tuple[Work, Work], text: str, **more: str
) -> Breach:
    before, after = works
    values = {"person": one.person.name, "day": f"{after.post.on}", "post": before.post.name,
              "other": after.post.name, **more}  # fmt: skip
    return breach(setting, text, values, works=works, person_id=one.person.person_id)


def _travel(board: Board, one: Worker, at: At) -> Iterator[Breach]:
    for before, after in pairwise(one.works):
        if before.site == after.site or not after.is_planned or after.start < before.end:
            continue
        minutes = board.travel.get((before.site, after.site), 0)
        if after.start - before.end < minutes and (setting := at(after.post.on)) is not None:
            text = N_("{person} has {gap} on {day} to go from {post} to {other}, {needed} away")
            gap = hours(after.start - before.end)
            yield _pair(setting, one, (before, after), text, gap=gap, needed=hours(minutes))


def _each(
    text: str, is_wrong: Callable[[Board, Worker], Callable[[Work], bool]]
) -> Callable[[Board, Worker, At], Iterator[Breach]]:
    """A rule that looks at each post of a person alone."""

    def look(board: Board, one: Worker, at: At) -> Iterator[Breach]:
        wrong = is_wrong(board, one)
        for work in one.works:
            if wrong(work) and work.is_planned and (setting := at(work.post.on)) is not None:
                post = work.post
                values = {"person": one.person.name, "day": f"{post.on}", "post": post.name,
                          "skill": post.skill or ""}  # fmt: skip
                person_id = one.person.person_id
                yield breach(setting, text, values, works=(work,), person_id=person_id)

    return look


def _lacks_skill(board: Board, one: Worker) -> Callable[[Work], bool]:
    person, sure = one.person, {*always(one.person.skills, board.problem), None}

    def wrong(work: Work) -> bool:
        skill = work.post.skill
        return skill not in sure and not person.has(str(skill), work.post.on)

    return wrong


def _lacks_privilege(board: Board, one: Worker) -> Callable[[Work], bool]:
    person, held = one.person, always(one.person.privileges, board.problem)
    sure = {number for site, number in board.sites.items() if str(site) in held}

    def wrong(work: Work) -> bool:
        return work.site not in sure and not person.may_work_at(work.post.site_id, work.post.on)

    return wrong


def _is_outside_line(board: Board, one: Worker) -> Callable[[Work], bool]:
    lines = {*one.person.lines, None}
    return lambda work: work.post.line_id not in lines


def _lacks_contract(board: Board, one: Worker) -> Callable[[Work], bool]:
    sole = one.sole.status if one.sole else None

    def wrong(work: Work) -> bool:
        statuses = work.post.statuses
        if sole is not None:
            return sole not in statuses
        held = one.contract(work.day)
        return held is None or held.status not in statuses

    return wrong


def _is_away(board: Board, one: Worker) -> Callable[[Work], bool]:
    return lambda work: work.day in one.away


def _frozen(board: Board, at: At) -> Iterator[Breach]:
    until, problem = board.problem.frozen_until, board.problem
    if until is None:
        return
    was = Counter((held.post_id, held.person_id) for held in problem.published)
    now = held_now(board)
    for post_id, person_id in sorted((was - now) + (now - was)):
        number = board.numbers.get(post_id.int)
        if number is None or (work := board.posts[number]).post.starts_at >= until:
            continue
        setting = at(work.post.on)
        if setting is not None:
            values = {"post": work.post.name, "day": f"{work.post.on}"}
            text = N_("{post} on {day} has begun: who held it stays")
            yield breach(setting, text, values, works=(work,), person_id=person_id)


RULES = (
    Rule(code="known", says=N_("A roster speaks of known posts and people."), by_roster=_known),
    Rule(
        code="cover", says=N_("Each post has the people it needs, and no more."), by_roster=_cover
    ),
    Rule(code="cover_optional", says=N_("Optional posts are filled."), by_roster=_cover_optional),
    Rule(code="one_place", says=N_("Nobody is at two places at once."), by_person=_one_place),
    Rule(code="travel", says=N_("There is time to travel between two sites."), by_person=_travel),
    Rule(
        code="skill",
        says=N_("Who holds a post has its skill on that day."),
        by_person=_each(
            N_("{person} does not have the skill {skill} on {day}: {post}"), _lacks_skill
        ),
    ),
    Rule(
        code="privilege",
        says=N_("Who works at a site has its privilege on that day."),
        by_person=_each(
            N_("{person} may not work at the site of {post} on {day}"), _lacks_privilege
        ),
    ),
    Rule(
        code="line",
        says=N_("Only those who take part in an on-call line hold its duties."),
        by_person=_each(
            N_("{person} takes no part in the line of {post} on {day}"), _is_outside_line
        ),
    ),
    Rule(
        code="contract",
        says=N_("Who works has a contract that holds on that day, of a status the post accepts."),
        by_person=_each(N_("{person} has no contract for {post} on {day}"), _lacks_contract),
    ),
    Rule(
        code="leave",
        says=N_("Nobody works on a day of leave."),
        by_person=_each(N_("{person} is on leave on {day}: {post}"), _is_away),
    ),
    Rule(code="frozen", says=N_("What has begun stays as it was published."), by_roster=_frozen),
)
