from datetime import datetime, timedelta

from outside import clock
from outside.clock import ZONE, Clock


def test_a_machine_shows_the_demonstrations_time_then_runs_at_the_real_pace() -> None:
    now = datetime.now(ZONE)
    night = datetime(2026, 11, 23, 20, tzinfo=ZONE)
    fast = Clock(now - timedelta(minutes=1), night, 60.0, night + timedelta(hours=11))
    assert abs(fast.now() - night - timedelta(hours=1)) < timedelta(minutes=5)
    assert fast.pace() == 60.0
    assert 50 < fast.until(night + timedelta(hours=2)) <= 61
    over = Clock(now - timedelta(hours=1), night, 60.0, night + timedelta(hours=11))
    assert over.pace() == 1.0
    assert over.now() > night + timedelta(hours=11)


def test_without_a_demonstration_the_time_is_real() -> None:
    real = clock.parse("")
    assert abs(real.now() - datetime.now(ZONE)) < timedelta(seconds=5)
    assert real.until(real.now() - timedelta(hours=1)) == 0.0
