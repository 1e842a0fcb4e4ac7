"""How images and pathology go together: the five categories, and who decides."""

from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.errors import PlateauError
from plateau.kernel.ids import ExamId
from plateau.reading.correlation import rules
from plateau.reading.correlation.rules import Facts
from plateau.reading.correlation.types import Category, Pathology, Sample, State, Step

facts = st.builds(
    Facts,
    reads_there=st.booleans(),
    cares_there=st.booleans(),
    pathology=st.sampled_from(["", "unheard_of", *Pathology]),
    explains=st.sampled_from([None, True, False]),
    text=st.sampled_from(["", " ", "Carcinome."]),
)


@pytest.mark.parametrize(
    ("pathology", "explains", "category"),
    [
        (Pathology.MALIGNANT, True, Category.CONCORDANT_MALIGNANT),
        (Pathology.MALIGNANT, False, Category.DISCORDANT_MALIGNANT),
        (Pathology.BENIGN, True, Category.CONCORDANT_BENIGN),
        (Pathology.BENIGN, False, Category.DISCORDANT_BENIGN),
        (Pathology.HIGH_RISK, True, Category.BORDERLINE),
        (Pathology.HIGH_RISK, False, Category.BORDERLINE),
        (Pathology.INADEQUATE, True, Category.DISCORDANT_BENIGN),
        (Pathology.INADEQUATE, False, Category.DISCORDANT_BENIGN),
    ],
)
def test_the_five_categories(pathology: Pathology, explains: bool, category: Category) -> None:
    assert rules.category(pathology, explains=explains) == category


def test_each_category_can_be_reached() -> None:
    reached = {
        rules.category(one, explains=explains)
        for one, explains in product(Pathology, (True, False))
    }
    assert reached == set(Category)


@given(st.sampled_from([None, *State]), st.sampled_from(Step), facts)
def test_nothing_is_decided_before_pathology_nor_by_others(
    state: State | None, step: Step, known: Facts
) -> None:
    try:
        reached = rules.after(state, step, known)
    except PlateauError:
        return
    if reached == State.CORRELATED:
        assert state == State.FOUND
        assert known.reads_there
        assert known.explains is not None
    if reached == State.FOUND:
        assert known.cares_there
        assert known.text.strip()
        assert known.pathology in set(Pathology)
    if reached == State.NOT_DONE:
        assert known.text.strip()


@pytest.mark.parametrize(
    ("lesion", "suspicion", "days", "count"),
    [
        ("Nodule du sein gauche, 3 h", "suspicious", 10, 0),
        (" ", "suspicious", 10, 1),
        ("Nodule", "odd", 0, 2),
        ("Nodule", "benign", 366, 1),
        ("x" * 4001, "benign", 10, 1),
    ],
)
def test_what_is_wrong_with_a_sample(lesion: str, suspicion: str, days: int, count: int) -> None:
    sample = Sample(
        exam_id=ExamId(UUID(int=1)), lesion=lesion, suspicion=suspicion, within_days=days
    )
    assert len(rules.problems(sample)) == count
