"""Life after publication: sickness, leave, wishes, calendars."""

import hashlib
import secrets
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.kernel.words import N_
from plateau.planning import building
from plateau.planning.publication import rules
from plateau.planning.publication.queries import asked, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import publishing, telling
from plateau.planning.publication.service.telling import Said
from plateau.planning.publication.types import Absence, Feed, Held, Version, Wished, WishRow
from plateau.planning.roster import counting
from plateau.planning.roster.replace import Candidate, replacements
from plateau.planning.roster.types import Problem, Roster
from plateau.platform.db import Tx

WISH_POINTS = 20  # a quarter, the same for all
_LONGEST_DAYS = 120


class ToReplace(NamedTuple):
    """A post of somebody absent, and who could take it, the best first."""

    held: Held
    candidates: list[Candidate]


class Away(NamedTuple):
    """Somebody who is away, and why: sick or leave."""

    person_id: PersonId
    first: date
    last: date
    kind: str


def call_in_sick(
    tx: Tx, caller: Caller, person_id: PersonId, *, first: date, last: date, now: datetime
) -> Absence:
    """Somebody is sick on these days; their posts wait for a replacement."""
    return note_away(tx, caller, Away(person_id, first, last, "sick"), now=now)


def note_away(tx: Tx, caller: Caller, who: Away, *, now: datetime) -> Absence:
    """Somebody is away, as the coordinator says; their posts wait for a replacement."""
    desks.require_coordinator(caller)
    if who.kind not in {"sick", "leave"}:
        raise InvalidInputError("somebody is away for leave, or sick")
    _require_days(who.first, who.last)
    found = versions.names(tx, [who.person_id])
    if not found:
        raise NotFoundError("there is no such person in this roster")
    one = Absence(uuid4(), who.person_id, found[0].name, who.first, who.last, who.kind, "granted",
                  "", {}, now, now, caller.name)  # fmt: skip
    asked.put_absence(tx, one, by=caller.person_id)
    tx.touch("roster")
    return one


def _require_days(first: date, last: date) -> None:
    if last < first:
        raise InvalidInputError("the last day comes before the first")
    if (last - first).days > _LONGEST_DAYS:
        raise InvalidInputError("{days} days at most at once", days=_LONGEST_DAYS)


def to_replace(tx: Tx, caller: Caller, absence_id: UUID, *, now: datetime) -> list[ToReplace]:
    """The published posts of an absence that are not over, each with its ranked replacements."""
    desks.require_coordinator(caller)
    one = asked.absence(tx, absence_id)
    return [
        ToReplace(held, _candidates(tx, held, now)) for held in posts_in(tx, one, now=now)
    ]  # fmt: skip


def posts_in(tx: Tx, one: Absence, *, now: datetime) -> list[Held]:
    """The published posts of somebody on the days of an absence, those that are over left out."""
    start = min(now, datetime.combine(one.first_on, datetime.min.time(), now.tzinfo))
    end = datetime.combine(one.last_on, datetime.max.time(), now.tzinfo)
    held = versions.held_by(tx, one.person_id, since=start, until=end)
    return [h for h in held if h.ends_at > now and one.first_on <= h.day <= one.last_on]


def _candidates(tx: Tx, held: Held, now: datetime) -> list[Candidate]:
    desk = desks.of_period(tx, held.period_id, now=now)
    roster = Roster(assignments=desk.current, overrides=desk.overrides)
    return replacements(desk.problem, roster, held.post_id, now=now, absent=held.person_id)


def candidates_for(tx: Tx, desk: desks.Desk, post_id: UUID, *, now: datetime) -> list[Candidate]:
    """Who could take a post of a version that lacks somebody, the best first."""
    roster = Roster(assignments=desk.held, overrides=desk.overrides)
    return replacements(desk.problem, roster, post_id, now=now)


def replace(
    tx: Tx, caller: Caller, post_id: UUID, *, absent: PersonId, by: PersonId, now: datetime
) -> Version:
    """Somebody takes the post of somebody absent, from now when it goes on; both are told."""
    desks.require_coordinator(caller)
    period_id = period_of(tx, post_id)
    versions.lock_period(tx, period_id)
    desk = desks.without_past(desks.of_period(tx, period_id, now=now))
    post = desk.post(post_id)
    if post.ends_at <= now:
        raise RuleBrokenError("{post} on {day} is over", post=post.name, day=post.on)
    change = rules.give(desk.current, post, by, instead_of=absent)
    names = {one.person_id: one.name for one in versions.names(tx, [absent, by])}
    reason = f"{names[by]} ← {names[absent]}"
    author = publishing.author_of(caller)
    return publishing.amend(tx, author, desk, change, reason=reason, now=now)


def period_of(tx: Tx, post_id: UUID) -> UUID:
    """The period of a post."""
    found = versions.period_of(tx, post_id)
    if found is None:
        raise NotFoundError("there is no such post")
    return found


def ask_leave(tx: Tx, caller: Caller, *, first: date, last: date, now: datetime) -> Absence:
    """Leave is granted on the spot when nobody's demand suffers; else the coordinator decides."""
    _require_days(first, last)
    if first < now.date():
        raise InvalidInputError("these days have begun")
    same = asked.absences(tx, first=first, last=last, person_id=caller.person_id)
    if any(one.state in {"asked", "granted"} for one in same):
        raise ConflictError("you have asked for some of these days already")
    one = Absence(uuid4(), caller.person_id, caller.name, first, last, "leave", "asked", "", {},
                  now, None, None)  # fmt: skip
    answer, told = _why_not(tx, one, now)
    state = "asked" if answer else "granted"
    text = answer or N_("Granted at once: every post can still be filled")
    answered = Absence(one.absence_id, one.person_id, one.person_name, first, last, "leave", state,
                       text, told, now, None if answer else now, None)  # fmt: skip
    asked.put_absence(tx, answered, by=None)
    tx.touch("roster")
    return answered


def _why_not(tx: Tx, one: Absence, now: datetime) -> tuple[str, dict[str, str]]:
    """What keeps leave from being granted at once: nothing, or a sentence."""
    held = posts_in(tx, one, now=now)
    if held:
        told = {"post": held[0].name, "day": f"{held[0].day}", "count": str(len(held))}
        return N_(
            "You hold {count} posts, the first {post} on {day}: the coordinator decides"
        ), told
    problem = _problem(tx, one, now)
    if all(person.person_id != one.person_id for person in problem.people):
        return N_("You are in no roster of these days: the coordinator decides"), {}
    granted = rules.as_lived(problem, absences=[one])
    known = {(b.rule, b.post_ids, b.on) for b in counting.impossible(problem)}
    for found in counting.impossible(granted):
        if (found.rule, found.post_ids, found.on) not in known:
            return found.text, dict(found.values)
    return "", {}


def _problem(tx: Tx, one: Absence, now: datetime) -> Problem:
    period = versions.period_at(tx, first=one.first_on, last=one.last_on)
    if period:
        return desks.lived(tx, period, published=frozenset(), now=now)
    first, last = one.first_on, one.last_on
    away = asked.absences(tx, first=first, last=last, granted=True)
    return rules.as_lived(building.problem(tx, first=first, last=last), absences=away)


def answer_leave(
    tx: Tx, caller: Caller, absence_id: UUID, *, granted: bool, now: datetime
) -> Absence:
    """The coordinator has decided; the person is told."""
    desks.require_coordinator(caller)
    one = asked.absence(tx, absence_id)
    if one.state != "asked":
        raise ConflictError("somebody has answered already")
    state = "granted" if granted else "refused"
    text = N_("Leave from {first} to {last}: granted") if granted else (
        N_("Leave from {first} to {last}: refused")
    )  # fmt: skip
    told = {"first": f"{one.first_on}", "last": f"{one.last_on}"}
    answered = Absence(one.absence_id, one.person_id, one.person_name, one.first_on, one.last_on,
                       one.kind, state, text, told, one.asked_at, now, caller.name)  # fmt: skip
    asked.put_absence(tx, answered, by=caller.person_id)
    telling.tell(tx, one.person_id, Said(text=text, values=told), at=now)
    tx.touch("roster")
    return answered


def withdraw_leave(tx: Tx, caller: Caller, absence_id: UUID, *, now: datetime) -> None:
    """Somebody takes back leave of theirs that has not begun."""
    one = asked.absence(tx, absence_id)
    if one.person_id != caller.person_id:
        raise NotFoundError("there is no such leave")
    if one.state not in {"asked", "granted"} or one.kind != "leave" or one.first_on <= now.date():
        raise ConflictError("this leave can no longer be taken back")
    taken = Absence(one.absence_id, one.person_id, one.person_name, one.first_on, one.last_on,
                    one.kind, "withdrawn", one.answer, one.told, one.asked_at, now,
                    caller.name)  # fmt: skip
    asked.put_absence(tx, taken, by=caller.person_id)
    tx.touch("roster")


def wish(tx: Tx, caller: Caller, wished: Wished, *, now: datetime) -> int:
    """A wish for a day to come; the points left in its quarter."""
    day, half, points = wished.day, wished.half, wished.points
    if day <= now.date():
        raise InvalidInputError("a wish is for a day to come")
    if wished.kind not in {"off", "work"} or half not in {None, "M", "A", "N"} or points < 1:
        raise InvalidInputError("say the day, what you wish, and for how many points")
    first, last = rules.quarter(day)
    known = asked.wishes(tx, first=first, last=last, person_id=caller.person_id)
    spent = sum(w.points for w in known if (w.day, w.half, w.kind) != (day, half, wished.kind))
    if spent + points > WISH_POINTS:
        raise RuleBrokenError(
            "{left} points are left for this quarter, this wish asks for {points}",
            left=WISH_POINTS - spent,
            points=points,
        )
    asked.put_wish(
        tx,
        WishRow(uuid4(), caller.person_id, day, half, wished.kind, points, is_hard=False),
        at=now,
    )  # fmt: skip
    tx.touch("roster")
    return WISH_POINTS - spent - points


def take_wish_back(tx: Tx, caller: Caller, wish_id: UUID) -> None:
    """A wish is no longer wished; its points are free again."""
    if not asked.remove_wish(tx, wish_id, person_id=caller.person_id):
        raise NotFoundError("there is no such wish")
    tx.touch("roster")


def make_feed(tx: Tx, caller: Caller, *, now: datetime) -> str:
    """A new private address of one's calendar; the old one no longer works. Shown once."""
    asked.revoke_feed(tx, caller.person_id, at=now)
    secret = secrets.token_urlsafe(32)
    asked.add_feed(tx, Feed(uuid4(), caller.person_id, now), digest=_digest(secret))
    return secret


def revoke_feed(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """One's calendar address no longer works."""
    asked.revoke_feed(tx, caller.person_id, at=now)


def feed(tx: Tx, secret: str) -> Feed:
    """Whose calendar a secret opens; NotFoundError when none."""
    return asked.feed_by_digest(tx, _digest(secret))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
