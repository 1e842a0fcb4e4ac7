"""Rosters made by hand: simple, legal, and not clever."""

from collections import defaultdict
from datetime import timedelta

from plateau.kernel.ids import PersonId
from plateau.planning.roster.targets import Able
from plateau.planning.roster.types import Assignment, Half, Kind, Post, Problem, Roster


class Hand:
    """Who has what, as somebody with a pencil would note it."""

    def __init__(self, problem: Problem) -> None:
        self.days: dict[tuple[PersonId, int], list[Post]] = defaultdict(list)
        self.weeks: dict[tuple[PersonId, int], float] = defaultdict(float)
        self.load: dict[PersonId, float] = defaultdict(float)
        self.people = {person.person_id: person for person in problem.people}
        self.able = Able(problem)

    def may(self, person_id: PersonId, post: Post) -> bool:
        """Nothing the day after a night, one site a day, no duty after work, few half-days."""
        day, week = post.on.toordinal(), (person_id, (post.on.toordinal() - 1) // 7)
        today = self.days[person_id, day]
        person = self.people[person_id]
        half = post.half
        hard = (wish for wish in person.wishes if wish.is_hard and wish.on == post.on)
        if any(wish.half in {None, half} for wish in hard):
            return False
        if post.kind is Kind.DUTY and (today or self.days[person_id, day + 1]):
            return False
        if any(p.kind is Kind.DUTY or p.half is half or p.site_id != post.site_id for p in today):
            return False
        if any(p.half is Half.NIGHT for p in self.days[person_id, day - 1]):
            return False
        if half is Half.NIGHT and any(p.kind is Kind.DUTY for p in self.days[person_id, day + 1]):
            return False
        away = sum(
            person.is_on_leave(post.on + timedelta(days=n - post.on.weekday())) for n in range(5)
        )
        contract = person.contracts[0]
        return self.weeks[week] + weight(post) <= contract.share * (10 - 2 * away)

    def give(self, post: Post) -> list[Assignment]:
        """The people with the least work so far, among those able."""
        people = sorted(
            (self.load[person_id] / share, str(person_id), person_id)
            for person_id, share in self.able.to_hold(post)
            if share
        )
        chosen: list[Assignment] = []
        for _, _, person_id in people:
            if len(chosen) < post.needed and self.may(person_id, post):
                chosen.append(Assignment(post.post_id, person_id, len(chosen) + 1))
                self.days[person_id, post.on.toordinal()].append(post)
                self.weeks[person_id, (post.on.toordinal() - 1) // 7] += weight(post)
                self.load[person_id] += weight(post)
        return chosen


def weight(post: Post) -> float:
    return 2 if post.kind is Kind.DUTY else 1


def by_hand(problem: Problem) -> Roster:
    """Duties first, then sessions, each to whom has the least."""
    hand = Hand(problem)
    posts = sorted(problem.posts, key=lambda post: (post.kind is Kind.SESSION, post.starts_at))
    held = [assignment for post in posts for assignment in hand.give(post)]
    return Roster(assignments=frozenset(held))
