"""Who is on duty, from the database; publishing a roster."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from make import SINCE, a_duty, a_line, a_person, a_site
from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.planning import queries, service
from plateau.planning.types import Hours, Roster, RosterEntry
from plateau.platform.db import Db, Tx

NIGHT = Hours(starts_at=time(20), ends_at=time(8), first_starts_at=time(18))
MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Pool:
    """A hub covered from 20:00, a small site from 18:00, another outside, and two readers."""

    def __init__(self, tx: Tx) -> None:
        self.hub, self.small, self.outside = a_site(tx, "HUB"), a_site(tx, "SMALL"), a_site(tx, "O")
        self.line: LineId = a_line(tx, self.hub, self.hub)
        tx.run(
            "insert into territory.line_site values (%(line)s, %(site)s, '18:00', %(since)s)",
            line=self.line,
            site=self.small,
            since=SINCE,
        )
        self.first = a_person(tx, name="Dr Un", site_id=self.hub)
        self.second = a_person(tx, name="Dr Deux", site_id=self.hub)

    def roster(self, *nights: tuple[PersonId, ...]) -> Roster:
        entries = tuple(
            RosterEntry(line_id=self.line, on=MONDAY + timedelta(n), people=people)
            for n, people in enumerate(nights)
            if people
        )
        return Roster(lines={self.line: NIGHT}, entries=entries)


@pytest.fixture
def pool(tx: Tx) -> Pool:
    return Pool(tx)


def names(tx: Tx, site_id: SiteId, at: datetime) -> list[str]:
    return [duty.name for duty in service.on_duty(tx, site_id=site_id, at=at)]


def test_a_published_night_answers_for_each_site_from_its_own_hour(tx: Tx, pool: Pool) -> None:
    assert service.publish(tx, pool.roster((pool.first, pool.second)), at=NOON) == 2
    evening, night = datetime(2026, 11, 23, 17, tzinfo=UTC), datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert names(tx, pool.small, evening) == ["Dr Un"]
    assert names(tx, pool.hub, evening) == []
    assert names(tx, pool.small, night) == names(tx, pool.hub, night) == ["Dr Un", "Dr Deux"]
    assert names(tx, pool.outside, night) == []
    assert names(tx, pool.hub, datetime(2026, 11, 24, 7, tzinfo=UTC)) == []


def test_a_person_answers_for_the_sites_covered_by_then(tx: Tx, pool: Pool) -> None:
    service.publish(tx, pool.roster((pool.first, pool.second)), at=NOON)
    evening, night = datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 23, 19, tzinfo=UTC)
    assert set(service.sites_on_duty(tx, person_id=pool.first, at=evening)) == {pool.small}
    assert service.sites_on_duty(tx, person_id=pool.second, at=evening) == {}
    covered = service.sites_on_duty(tx, person_id=pool.second, at=night)
    assert set(covered) == {pool.hub, pool.small}
    duty = covered[pool.hub]
    assert (duty.line_name, duty.position, duty.name) == ("Garde de nuit", 2, "Dr Deux")
    assert duty.ends_at == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_both_readers_answer_in_the_night_when_clocks_go_back(tx: Tx, pool: Pool) -> None:
    people = (pool.first, pool.second)
    entry = RosterEntry(line_id=pool.line, on=date(2026, 10, 24), people=people)
    service.publish(tx, Roster(lines={pool.line: NIGHT}, entries=(entry,)), at=NOON)
    start = datetime(2026, 10, 24, 18, tzinfo=UTC)  # 20:00 in summer; 08:00 in winter is 07:00 UTC
    counts = [len(names(tx, pool.hub, start + hours * HOUR)) for hours in range(-1, 14)]
    assert counts == [0, *[2] * 13, 0]


def test_publishing_again_changes_nothing(db: Db) -> None:
    with db.begin() as tx:
        pool = Pool(tx)
        roster = pool.roster((pool.first, pool.second), (pool.second, pool.first))
        assert service.publish(tx, roster, at=NOON) == 4
        assert tx.touched == {"duty"}
    with db.begin() as tx:
        assert service.publish(tx, roster, at=NOON) == 0
        assert tx.touched == set()


def test_a_new_roster_replaces_future_duties(tx: Tx, pool: Pool) -> None:
    service.publish(tx, pool.roster((pool.first, pool.second), (pool.first, pool.second)), at=NOON)
    tuesday = datetime(2026, 11, 25, 1, tzinfo=UTC)
    new = pool.roster((pool.first, pool.second), (pool.second,))
    assert service.publish(tx, new, at=NOON) == 2  # one changed, one taken back
    assert names(tx, pool.hub, tuesday) == ["Dr Deux"]


def test_a_duty_that_has_begun_stays(tx: Tx, pool: Pool) -> None:
    service.publish(tx, pool.roster((pool.first, pool.second)), at=NOON)
    night = datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert service.publish(tx, pool.roster((pool.second, pool.first)), at=night) == 0
    assert service.publish(tx, pool.roster(), at=night) == 0
    assert names(tx, pool.hub, night) == ["Dr Un", "Dr Deux"]


def test_a_past_night_that_was_never_recorded_is_added(tx: Tx, pool: Pool) -> None:
    later = NOON + timedelta(days=30)
    assert service.publish(tx, pool.roster((pool.first, pool.second)), at=later) == 2
    assert names(tx, pool.hub, datetime(2026, 11, 24, 1, tzinfo=UTC)) == ["Dr Un", "Dr Deux"]


def test_other_lines_keep_their_duties(tx: Tx, pool: Pool) -> None:
    other = a_line(tx, pool.hub, pool.outside, code="AUTRE")
    a_duty(tx, other, pool.first, at=NOON + timedelta(days=9))
    service.publish(tx, pool.roster((pool.first, pool.second)), at=NOON)
    assert len(queries.duties(tx, line_ids={other})) == 1
    assert len(queries.duties(tx, line_ids={other, pool.line})) == 3


def test_a_site_that_left_the_line_is_no_longer_covered(tx: Tx, pool: Pool) -> None:
    service.publish(tx, pool.roster((pool.first, pool.second), (pool.first, pool.second)), at=NOON)
    tx.run(
        "update territory.line_site set valid_to = '2026-11-24' where site_id = %(site)s",
        site=pool.small,
    )
    assert names(tx, pool.small, datetime(2026, 11, 24, 1, tzinfo=UTC)) == ["Dr Un", "Dr Deux"]
    assert names(tx, pool.small, datetime(2026, 11, 25, 1, tzinfo=UTC)) == []
