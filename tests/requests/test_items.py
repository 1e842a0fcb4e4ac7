from dataclasses import fields, replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.ids import SiteId
from plateau.requests.rules import items
from plateau.requests.types import Draft, Item

WHOLE = Draft(
    site_id=SiteId(UUID(int=1)),
    local_id="IPP-1",
    surname="TESTINVENTE",
    first_name="Camille",
    birth_on="1950-02-03",
    sex="F",
    callback_phone="05 00 00 00 00",
    urgency="U0",
    exam_code="TDM-CRANE",
    context="Chute de sa hauteur, Glasgow 14.",
    aim="Hémorragie intracrânienne ?",
    region="Crâne",
    risks="Aucun connu",
    pregnancy="not_applicable",
    allergy="no",
    renal="normal",
    implant="no",
    earlier="Aucun",
    technique="Scanner sans injection",
    wished_delay="Immédiat",
    informed=True,
)
FIELDS = [field.name for field in fields(Draft)]
TODAY = date(2026, 11, 24)


def test_a_whole_request_lacks_nothing() -> None:
    assert items.missing(WHOLE) == []
    assert items.missing_items(WHOLE) == []
    assert items.excesses(WHOLE, today=TODAY) == []


def test_an_empty_form_lists_every_field_of_the_nine_items_at_once() -> None:
    found = items.missing(Draft())

    assert {problem.field for problem in found} == set(FIELDS)
    assert items.missing_items(Draft()) == list(Item)
    assert len(Item) == 9
    assert all(problem.text.endswith(".") for problem in found)


@given(st.sets(st.sampled_from(FIELDS)))
def test_exactly_the_emptied_fields_are_missing(emptied: set[str]) -> None:
    blank = {name: getattr(Draft(), name) for name in emptied}

    assert {p.field for p in items.missing(replace(WHOLE, **blank))} == emptied


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_on", "31/02/1950"),
        ("birth_on", "hier"),
        ("sex", "X"),
        ("urgency", "U9"),
        ("pregnancy", "maybe"),
        ("callback_phone", "sur place"),
        ("context", "   "),
    ],
)
def test_a_wrong_answer_is_a_missing_one(field: str, value: str) -> None:
    assert [p.field for p in items.missing(replace(WHOLE, **{field: value}))] == [field]


@pytest.mark.parametrize("text", ["1950-02-03", " 1950-02-03 ", "03/02/1950"])
def test_a_birth_date_is_read_as_browsers_and_people_write_it(text: str) -> None:
    assert items.to_date(text) == date(1950, 2, 3)


def test_a_birth_date_in_the_future_and_an_endless_answer_are_refused() -> None:
    draft = replace(WHOLE, birth_on="2999-01-01", context="x" * 5000)

    assert [p.field for p in items.excesses(draft, today=TODAY)] == ["context", "birth_on"]
