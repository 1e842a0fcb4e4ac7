"""Merge fields: what is known stands in the text, what is not is a blank that one sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel import merge_fields
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.merge_fields import FRENCH, Field


def test_known_values_stand_in_the_text_and_unknown_ones_are_blanks() -> None:
    text = "{Appareil}, {dose} ; {age} ({ÂGE})"
    filled = merge_fields.fill(text, {Field.DEVICE: "Scanner 1", Field.AGE: "81 ans"})
    assert filled == "Scanner 1, [dose ?] ; 81 ans (81 ans)"
    assert merge_fields.has_blank(filled)


def test_a_field_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match=r"\{taille\}"):
        merge_fields.require_known("{dose} {taille}")


@pytest.mark.parametrize("text", ["[droite | gauche]", "[?]", "Foie : [dose ?]"])
def test_what_is_left_to_fill(text: str) -> None:
    assert merge_fields.has_blank(text)
    assert not merge_fields.has_blank(merge_fields.without_blanks(text))


@pytest.mark.parametrize("text", ["", "[1]", "a ? b", "une [lésion]", "[\n?]"])
def test_what_is_not(text: str) -> None:
    assert not merge_fields.has_blank(text)


@given(st.text())
def test_the_text_of_others_has_no_field_but_ours(text: str) -> None:
    merge_fields.require_known(merge_fields.only_known(text))


@given(st.sampled_from(list(FRENCH)), st.text("abc é[]{}", max_size=10))
def test_both_languages_name_a_field(field: Field, value: str) -> None:
    for name in (field, FRENCH[field]):
        assert merge_fields.fill("{" + name + "}", {field: value or "x"}) == (value or "x")
