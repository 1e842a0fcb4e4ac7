"""When a delivery is tried again."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from plateau.exchange import rules
from plateau.exchange.types import Outcome, State
from plateau.kernel.ids import DeliveryId

FIRST = timedelta(seconds=5)


@given(st.integers(1, 10_000))
def test_delays_double_up_to_five_minutes(failures: int) -> None:
    delay = rules.retry_delay(failures, FIRST)

    assert FIRST <= delay <= timedelta(minutes=5)
    assert delay <= rules.retry_delay(failures + 1, FIRST) <= max(2 * delay, delay)


def test_the_first_retry_comes_after_the_first_delay() -> None:
    assert [rules.retry_delay(n, FIRST).seconds for n in (0, 1, 2, 3, 6, 7)] == [
        0,
        5,
        10,
        20,
        160,
        300,
    ]


@given(st.uuids(), st.uuids())
def test_a_control_id_is_short_printable_and_its_deliverys_own(one: UUID, other: UUID) -> None:
    number = rules.control_id(DeliveryId(one))

    assert len(number) == 20
    assert number.isalnum()
    assert number.isascii()
    assert number == rules.control_id(DeliveryId(one))
    assert (number == rules.control_id(DeliveryId(other))) == (one == other)


@given(st.sampled_from(Outcome), st.integers(0, 20))
def test_only_an_acknowledgement_ends_a_delivery_and_only_rejections_stop_it(
    outcome: Outcome, rejections: int
) -> None:
    state = rules.state_after(outcome, rejections)

    assert (state is State.DELIVERED) == (outcome is Outcome.ACCEPTED)
    if state is State.REFUSED:
        assert outcome is Outcome.REJECTED
        assert rejections >= rules.REJECTIONS
