"""Which delay holds: the most specific one of the day."""

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.ids import SiteId
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Tx
from plateau.territory import file, rows, service, targets
from plateau.territory.types import Change, DelayTarget
from territory.broken import SMALL, problems

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON = AT.date()

SITES = [SiteId(UUID(int=n)) for n in (1, 2)]
one_target = st.builds(
    DelayTarget,
    urgency=st.sampled_from(["U0", "U1"]),
    site_id=st.sampled_from([None, *SITES]),
    modality=st.sampled_from(["*", "CT", "MR"]),
    minutes=st.integers(1, 9999),
    source=st.just("essai"),
    verified=st.booleans(),
    valid_from=st.dates(date(2020, 1, 1), date(2026, 1, 1)),
    valid_to=st.none(),
)


@given(
    st.lists(one_target, max_size=12), st.sampled_from(SITES), st.sampled_from(["CT", "MR", "US"])
)
def test_the_most_specific_delay_holds(
    known: list[DelayTarget], site_id: SiteId, modality: str
) -> None:
    found = targets.most_specific(known, Urgency.URGENT, site_id=site_id, modality=modality)
    fitting = [
        one
        for one in known
        if one.urgency == "U1"
        and one.site_id in {None, site_id}
        and one.modality in {"*", modality}
    ]
    assert (found is None) == (not fitting)
    if found:
        assert found in fitting
        if any(one.site_id == site_id for one in fitting):
            assert found.site_id == site_id
        same = [one for one in fitting if one.site_id == found.site_id]
        if any(one.modality == modality for one in same):
            assert found.modality == modality


@given(st.lists(one_target, max_size=12))
def test_the_order_in_which_delays_are_known_changes_nothing_that_is_said(
    known: list[DelayTarget],
) -> None:
    shuffled = sorted(known, key=lambda one: (one.minutes, one.modality))
    first = targets.most_specific(known, Urgency.URGENT, site_id=SITES[0], modality="CT")
    second = targets.most_specific(shuffled, Urgency.URGENT, site_id=SITES[0], modality="CT")
    assert (first is None) == (second is None)
    if first and second:
        assert (first.site_id, first.modality, first.valid_from) == (
            second.site_id,
            second.modality,
            second.valid_from,
        )


def load(tx: Tx, text: str) -> list[Change]:
    return service.load(tx, file.parse(text, "essai.toml"), at=AT)


def block(more: str, minutes: int = 20) -> str:
    return (
        f'[[delay]]\nurgency = "U1"\n{more}minutes = {minutes}\nsource = "essai"\n'
        "valid_from = 2020-01-01\n"
    )


def test_a_contract_says_a_delay_by_urgency_modality_and_site(tx: Tx) -> None:
    more = block('site = "B"\n', 50) + block('modality = "MR"\n', 40)
    more += block('site = "B"\nmodality = "MR"\n', 30)
    load(tx, SMALL + more)
    here, there = rows.site_id("B"), rows.site_id("A")
    said = [
        service.target_minutes(tx, Urgency.URGENT, on=ON, site_id=site, modality=modality)
        for site in (there, here)
        for modality in ("CT", "MR")
    ]
    assert said == [60, 40, 50, 30]
    assert load(tx, SMALL + more) == []


def test_two_delays_of_the_same_contract_and_day_are_refused() -> None:
    twice = block('site = "B"\nmodality = "MR"\n')
    ((line, reason),) = problems(SMALL + twice + twice)
    assert line == "valid_from = 2020-01-01"
    assert reason.startswith("U1 B [MR]: the period from 2020-01-01 overlaps the one at line ")


def test_a_delay_of_an_unknown_site_or_modality_is_refused() -> None:
    ((line, reason),) = problems(SMALL + block('site = "Z"\n'))
    assert (line, reason) == ('site = "Z"', "no site has the code Z")
    ((line, _),) = problems(SMALL + block('modality = "XX"\n'))
    assert line == 'modality = "XX"'


def test_an_urgency_needs_a_delay_that_holds_everywhere() -> None:
    only_here = SMALL.replace('urgency = "U1"\n', 'urgency = "U1"\nsite = "A"\n')
    assert [reason for _, reason in problems(only_here)] == ["no delay for urgency U1"]
    assert file.parse(SMALL, "essai.toml").delays[0].site is None
