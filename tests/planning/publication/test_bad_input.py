"""What no roster is published with: each refused in words with person, date and rule.

An import with unknown names is tried in `test_pages`, with the spreadsheet itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from planning.publication.little import BEFORE, Pool, a_pool
from planning.roster.build import contracted, morning, night, post
from plateau.kernel import holidays
from plateau.kernel.errors import RuleBrokenError
from plateau.planning.publication.service import desk, drafting, publishing, solving
from plateau.planning.roster.types import (
    Assignment,
    Breach,
    Half,
    Person,
    Post,
    Setting,
    Span,
    Wish,
    WishKind,
)
from plateau.platform.db import Tx

MONDAY = date(2027, 1, 4)
ADA = "Dr Ada EXEMPLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A roster that was tried: what is said of it, by rule, and of what cannot be at all."""

    said: dict[str, str]
    impossible: Sequence[str]
    refused: str


def tried(
    tx: Tx,
    posts: Sequence[Post],
    *,
    settings: Sequence[Setting] = (),
    held: bool = True,
    **ada: object,
) -> Tried:
    """The first doctor of a little pool holds all these posts; publishing them is tried."""
    pool = a_pool(tx)
    period, person = _kept(tx, pool, posts, settings, ada)
    everything = [Assignment(one.post_id, person.person_id) for one in posts] if held else []
    draft = drafting.begin(
        tx, pool.coordinator, period, held=everything, reason="", now=BEFORE
    )  # fmt: skip
    hard = desk.of_version(tx, draft.version_id, now=BEFORE).judged().hard
    impossible = solving.impossible(tx, period, now=BEFORE)
    refused = ""
    try:
        publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)
    except RuleBrokenError as error:
        refused = str(error)
    return Tried(
        said={one.rule: _words(one) for one in reversed(hard)},
        impossible=[_words(one) for one in impossible],
        refused=refused,
    )


def _kept(
    tx: Tx, pool: Pool, posts: Sequence[Post], settings: Sequence[Setting], ada: dict[str, object]
) -> tuple[UUID, Person]:
    """The period of these posts at the pool's site, for its first doctor alone."""
    days = sorted(one.on for one in posts)
    first, last = days[0] - timedelta(days=days[0].weekday()), days[-1]
    person = replace(pool.problem.people[0], **ada)  # pyright: ignore[reportArgumentType]
    problem = replace(
        pool.problem,
        first=first,
        last=last,
        people=(person,),
        posts=tuple(
            replace(one, site_id=pool.site_id, line_id=one.line_id and pool.line_id)
            for one in posts
        ),
        settings=(*pool.problem.settings, *settings),
        holidays=holidays.between(first, last),
    )
    return desk.keep_period(tx, problem, now=BEFORE).period_id, person


def _words(found: Breach) -> str:
    return found.text.format(**found.values)


def test_a_demand_nobody_can_meet(tx: Tx) -> None:
    found = tried(tx, [morning(MONDAY, skill="RARE", name="IRM rare")], held=False)

    assert found.impossible == [f"IRM rare on {MONDAY} needs 1 people with RARE: 0 are able"]
    assert f"IRM rare ({MONDAY})" in found.refused


def test_contradictory_wishes(tx: Tx) -> None:
    wishes = (
        Wish(on=MONDAY, kind=WishKind.OFF, is_hard=True),
        Wish(on=MONDAY, kind=WishKind.WORK, half=Half.MORNING, is_hard=True),
    )
    found = tried(tx, [morning(MONDAY)], wishes=wishes)

    assert found.impossible == [f"{ADA} asked both to work and to be off on {MONDAY}"]
    assert set(found.said) == {"wish_hard"}
    assert ADA in found.said["wish_hard"]
    assert f"{MONDAY}" in found.said["wish_hard"]
    assert found.refused


def test_a_contract_ending_mid_period(tx: Tx) -> None:
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    contract = contracted(span=Span(first=date(2020, 1, 1), last=tuesday))
    found = tried(tx, [morning(tuesday), morning(wednesday)], contracts=contract)

    assert found.said == {"contract": f"{ADA} has no contract for Poste 08:30 on {wednesday}"}
    assert f"({wednesday})" in found.refused


def test_a_person_in_two_places(tx: Tx) -> None:
    found = tried(tx, [morning(MONDAY), post(MONDAY, time(12), time(16))])

    words = f"{ADA} is at two places on {MONDAY}: Poste 08:30 and Poste 12:00"
    assert found.said == {"one_place": words}
    assert f"({MONDAY})" in found.refused


def test_clocks_changing_in_march(tx: Tx) -> None:
    sunday = date(2027, 3, 28)  # one hour less: 10 hours between 20:00 and 07:00
    late = post(sunday - timedelta(days=1), time(14), time(20))
    found = tried(tx, [late, post(sunday, time(7), time(12))])

    words = f"{ADA} rests 10 h between Poste 14:00 and Poste 07:00 on {sunday}, 11 h are owed"
    assert found.said == {"daily_rest": words}
    assert f"({sunday})" in found.refused


def test_clocks_changing_in_october(tx: Tx) -> None:
    sunday = date(2027, 10, 31)  # one hour more: 18:00 to 08:00 lasts 15 hours
    long = night(sunday - timedelta(days=1), time(18), name="Nuit")
    found = tried(tx, [long, post(sunday, time(22), time(23))])

    words = f"{ADA} rests 14 h between Nuit and Poste 22:00 on {sunday}, 15 h are owed"
    assert found.said == {"rest_equal": words}
    assert f"({sunday})" in found.refused


def test_a_holiday_on_a_monday_after_a_worked_weekend(tx: Tx) -> None:
    easter = date(2027, 3, 29)
    weekend = [night(easter - timedelta(days=n), name="Nuit") for n in (2, 1)]
    day = post(easter, time(12), time(18), name="Férié")
    found = tried(tx, [*weekend, day])

    words = f"{ADA} rests 4 h between Nuit and Férié on {easter}, 11 h are owed"
    assert found.said == {"daily_rest": words}
    assert f"({easter})" in found.refused


@pytest.mark.parametrize(("week", "is_owed"), [(0, True), (1, False)])
def test_a_rule_switched_off_by_law_mid_period(tx: Tx, week: int, is_owed: bool) -> None:
    off = Span(first=MONDAY + timedelta(days=7))
    settings = [Setting(rule="daily_rest", span=off, is_on=False, source="essai")]
    eve = MONDAY + timedelta(days=7 * week)
    after = eve + timedelta(days=1)
    other = MONDAY + timedelta(days=10)  # so that the rule changes within the period
    short = [post(eve, time(14), time(20)), post(after, time(6), time(12)), morning(other)]
    found = tried(tx, short, settings=settings)

    words = f"{ADA} rests 10 h between Poste 14:00 and Poste 06:00 on {after}, 11 h are owed"
    assert found.said == ({"daily_rest": words} if is_owed else {})
    assert bool(found.refused) is is_owed
