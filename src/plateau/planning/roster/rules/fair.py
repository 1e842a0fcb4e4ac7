"""Rules of fair shares: machines between members, burdens between people."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from plateau.kernel.ids import MemberId, PersonId, SiteId
from plateau.kernel.words import N_
from plateau.planning.roster.board import At, Board, Worker
from plateau.planning.roster.rules.rule import Rule, breach
from plateau.planning.roster.rules.rule import number as digits
from plateau.planning.roster.types import Breach, Burden, Kind, Setting, ShareTarget

_EDGE = 1e-6


def share_deviations(
    share: ShareTarget, done: Mapping[MemberId, int]
) -> dict[MemberId, tuple[int, float]]:
    """For each member, the sessions they hold and those they ought to hold."""
    members = {*share.shares, *done}
    carried = {member: share.carried.get(member, 0.0) for member in members}
    total = sum(done.values()) + sum(carried.values())
    return {
        member: (done.get(member, 0), share.shares.get(member, 0.0) * total - carried[member])
        for member in members
    }


def sessions_by_member(board: Board, family: str) -> Counter[MemberId]:
    """The sessions that each member's people hold on a family of machines."""
    counts: Counter[MemberId] = Counter()
    for work in board.posts:
        if work.post.family == family:
            for person_id in board.holders[work.number]:
                member = board.workers[person_id].person.member_id
                if member is not None:
                    counts[member] += 1
    return counts


def _machine_share(board: Board, at: At) -> Iterator[Breach]:
    setting = at(board.problem.last)
    if setting is None:
        return
    for share in board.problem.shares:
        found = share_deviations(share, sessions_by_member(board, share.family))
        for member, (done, target) in sorted(found.items()):
            off = abs(done - target) - share.tolerance
            if off > _EDGE:
                text = N_(
                    "Member {member} holds {done} sessions of {family}, {target} are its share"
                )
                name = board.problem.members.get(member, str(member))
                values = {"member": name, "done": str(done), "family": share.family,
                          "target": digits(target)}  # fmt: skip
                yield breach(setting, text, values, units=off)


def _fair(burden: Burden, board: Board, at: At) -> Iterator[Breach]:
    setting, found = at(board.problem.last), board.fairness.get(burden)
    if setting is None or found is None:
        return
    done = _held(board, burden)
    allowed = max(setting.numbers["tolerance"], found.least)
    for person_id, part in found.parts.items():
        off = abs(done[person_id] - part.target) - allowed
        if off > _EDGE:
            yield _unfair(setting, board, person_id, (burden, done[person_id], part.target, off))


def _held(board: Board, burden: Burden) -> Counter[PersonId]:
    held: Counter[PersonId] = Counter()
    for number, burdens in board.burdens.items():
        if burden in burdens:
            held.update(board.holders[number])
    return held


def _unfair(
    setting: Setting, board: Board, person_id: PersonId, found: tuple[Burden, int, float, float]
) -> Breach:
    burden, done, target, off = found
    text = N_("{person} holds {done} of {burden}, {target} would be fair")
    values = {"person": board.workers[person_id].person.name, "done": str(done),
              "burden": burden.value, "target": digits(target)}  # fmt: skip
    return breach(setting, text, values, person_id=person_id, units=off)


def _fair_travel(board: Board, at: At) -> Iterator[Breach]:
    """Travelling is shared between people of the same site, in proportion to contract and presence.

    How much there is depends on the roster: what is shared is what it has.
    """
    setting = at(board.problem.last)
    if setting is None:
        return
    done = {person_id: _travelled(board, one) for person_id, one in board.workers.items()}
    for person_id, target in travel_targets(board, done).items():
        off = abs(done[person_id] - target) - setting.numbers["tolerance"]
        if off > _EDGE:
            found = (Burden.TRAVEL, done[person_id], target, off)
            yield _unfair(setting, board, person_id, found)


def _travelled(board: Board, one: Worker) -> int:
    """As `targets.travels`, of all that is planned, by numbers of sites: quicker to compare."""
    home = board.sites.get(one.person.home_site_id)
    return sum(
        work.site != home and work.is_planned and work.post.kind is Kind.SESSION
        for work in one.works
    )


def travel_targets(board: Board, done: Mapping[PersonId, int]) -> dict[PersonId, float]:
    """What each person would travel if those of a site shared what they travel now."""
    weights = {person_id: _weight(board, person_id) for person_id in done}
    total: dict[SiteId, float] = {}
    presence: dict[SiteId, float] = {}
    for person_id, count in done.items():
        home = board.workers[person_id].person.home_site_id
        carried = board.problem.carried.get((person_id, Burden.TRAVEL), 0.0)
        total[home] = total.get(home, 0.0) + count + carried
        presence[home] = presence.get(home, 0.0) + weights[person_id]
    return {
        person_id: total[home] * weight / presence[home]
        - board.problem.carried.get((person_id, Burden.TRAVEL), 0.0)
        for person_id, weight in weights.items()
        if presence[home := board.workers[person_id].person.home_site_id]
    }


def _weight(board: Board, person_id: PersonId) -> float:
    """Contract times presence: the full-time days of somebody in the period."""
    one = board.workers[person_id]
    first, last = board.problem.first.toordinal(), board.problem.last.toordinal()
    if one.sole is not None:
        return one.sole.share * (last - first + 1 - sum(first <= d <= last for d in one.away))
    days = (day for day in range(first, last + 1) if day not in one.away)
    return sum(held.share for day in days if (held := one.contract(day)) is not None)


_ONE_BY_ONE: Mapping[Burden, str] = {
    Burden.WEEK_NIGHT: N_("Nights of the week are shared in proportion to contract and presence."),
    Burden.FRIDAY_NIGHT: N_("Friday nights are shared in proportion to contract and presence."),
    Burden.WEEKEND_NIGHT: N_("Weekend nights are shared in proportion to contract and presence."),
    Burden.WEEKEND_DAY: N_("Weekend days are shared in proportion to contract and presence."),
    Burden.HOLIDAY: N_("Public holidays are shared in proportion to contract and presence."),
    Burden.EVENING: N_("Evenings are shared in proportion to contract and presence."),
}


def _rule(burden: Burden, says: str) -> Rule:
    by_roster: Callable[[Board, At], Iterator[Breach]] = partial(_fair, burden)
    return Rule(code=f"fair_{burden.value}", says=says, by_roster=by_roster)


RULES = (
    Rule(
        code="machine_share",
        says=N_("Each member has its share of the sessions of a family of machines."),
        by_roster=_machine_share,
    ),
    *(_rule(burden, says) for burden, says in _ONE_BY_ONE.items()),
    Rule(
        code="fair_travel",
        says=N_("Sessions away from home are shared between the people of a site."),
        by_roster=_fair_travel,
    ),
)
