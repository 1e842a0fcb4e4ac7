"""The night that the demonstration plays."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from plateau.entry import territory_file
from plateau.entry.demo import plan
from plateau.entry.demo.plan import Visit, night
from territory.broken import SHIPPED

seeds = st.integers(0, 2**32)
sizes = st.integers(1, 120)


@given(seeds, sizes)
def test_visits_come_in_order_within_the_night(seed: int, exams: int) -> None:
    moments = [visit.at_s for visit in night(exams=exams, seed=seed)]

    assert moments == sorted(moments)
    assert len(moments) == exams
    assert moments[0] == 0
    assert moments[-1] < (plan.END_HOUR - plan.START_HOUR) * 3600


@given(seeds, sizes)
def test_the_same_seed_plays_the_same_night(seed: int, exams: int) -> None:
    assert night(exams=exams, seed=seed) == night(exams=exams, seed=seed)


@given(seeds)
def test_another_seed_plays_another_night(seed: int) -> None:
    assert night(exams=20, seed=seed) != night(exams=20, seed=seed + 1)


@given(seeds, sizes)
def test_the_first_is_the_head_ct_of_saint_palais(seed: int, exams: int) -> None:
    first = night(exams=exams, seed=seed)[0]

    assert (first.site, first.exam_code, first.urgency) == ("STPALAIS", "TDM-CRANE", "U0")


@given(seeds, sizes)
def test_one_that_is_overlooked_changes_no_other(seed: int, exams: int) -> None:
    first, *others = plan.overlooked(night(exams=exams, seed=seed))

    assert (first.urgency, first.surname) == ("U0", "OUBLIE")
    assert others == night(exams=exams, seed=seed)[1:]


@given(seeds, sizes)
def test_no_two_visits_are_of_the_same_patient(seed: int, exams: int) -> None:
    visits = night(exams=exams, seed=seed)

    assert len({(visit.site, visit.local_id) for visit in visits}) == exams


@settings(max_examples=20)
@given(seeds)
def test_the_territory_makes_every_exam_that_is_asked_for(seed: int) -> None:
    file = territory_file.read(SHIPPED)
    modalities = {exam.code: exam.modality for exam in file.exams}
    machines = {(machine.site, machine.modality) for machine in file.machines}

    for visit in night(exams=120, seed=seed):
        assert (visit.site, modalities[visit.exam_code]) in machines


def test_the_mix_is_that_of_the_assumptions() -> None:
    visits = [visit for seed in range(30) for visit in night(exams=90, seed=seed)]

    for weights, name in ((plan.URGENCIES, "urgency"), (plan.EXAMS, "exam_code")):
        found = Counter(getattr(visit, name) for visit in visits)
        for value, weight in weights.items():
            assert abs(found[value] / len(visits) - weight) < 0.05
    assert evening(visits) > 0.5


def evening(visits: list[Visit]) -> float:
    """The share that comes before midnight."""
    return sum(visit.at_s < 4 * 3600 for visit in visits) / len(visits)
