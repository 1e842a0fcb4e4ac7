"""Contracts as coordinators change them: on the days of the change, and on no other."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.ids import PersonId
from plateau.planning.plan_types import Terms
from plateau.planning.roster.types import Contract, Span, Status
from plateau.planning.terms import amended

FIRST = date(2027, 1, 1)
WHO = PersonId(UUID(int=1))
days = st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = sorted((draw(days), draw(days)))
    return Span(first=first, last=draw(st.sampled_from([last, None])))


@st.composite
def changes(draw: st.DrawFn) -> Terms:
    span = draw(spans())
    share = draw(st.sampled_from([None, 0.5, 0.8]))
    return Terms(WHO, span.first, span.last, draw(st.booleans()), share, None, None, None)


@given(spans(), st.lists(changes(), max_size=4))
def test_each_day_has_the_last_word_said_of_it(span: Span, said: list[Terms]) -> None:
    one = Contract(span=span, status=Status.HOSPITAL, share=1.0)

    found = amended([one], said)

    for n in range(40):
        on = FIRST + timedelta(days=n)
        held = [each for each in found if each.span.holds(on)]
        assert len(held) <= 1
        assert [each.share for each in held] == expected(one, said, on)


def expected(one: Contract, said: list[Terms], on: date) -> list[float]:
    if not one.span.holds(on):
        return []
    share = one.share
    for change in said:
        if Span(first=change.first_on, last=change.last_on).holds(on):
            if change.is_off:
                return []
            share = change.share or share
    return [share]
