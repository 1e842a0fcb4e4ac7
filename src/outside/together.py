"""Several lives at once in one process, which still hears that it is asked to stop."""

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait

_LOOK_S = 0.5


def until_over(lives: Sequence[Future[None]]) -> list[Future[None]]:
    """Wait until all are over or one has failed; those that failed.

    Looks up now and then: a signal that comes just before a wait does not interrupt it.
    """
    while True:
        over, going_on = wait(lives, timeout=_LOOK_S, return_when=FIRST_EXCEPTION)
        failed = [life for life in over if life.exception()]
        if failed or not going_on:
            return failed
