from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plateau.platform.clock import Pace, parse

START = datetime(2026, 11, 23, 19, tzinfo=UTC)
PACE = Pace(START, START + timedelta(days=3), 60.0, START + timedelta(days=3, hours=11))


def test_an_hour_passes_in_a_minute_then_time_is_real_again() -> None:
    assert PACE.shown(START) == PACE.shown_start
    assert PACE.shown(START + timedelta(minutes=1)) == PACE.shown_start + timedelta(hours=1)
    end = START + timedelta(minutes=11)
    assert PACE.shown(end + timedelta(minutes=1)) == PACE.shown_end + timedelta(minutes=1)


@given(st.floats(0, 10**6), st.floats(0, 10**6))
def test_time_never_goes_back(one: float, other: float) -> None:
    first, second = sorted((one, other))
    earlier, later = (START + timedelta(seconds=value) for value in (first, second))
    assert PACE.shown(earlier) <= PACE.shown(later)


def test_every_process_given_the_same_text_shows_the_same_time() -> None:
    assert parse(str(PACE)) == PACE
