"""What critical results do on their own."""

from plateau.platform import clock, jobs, runtime
from plateau.reading.critical import service
from plateau.reading.critical.events import CriticalAcknowledged


@jobs.on(CriticalAcknowledged)
def tell_finder(event: CriticalAcknowledged) -> None:
    """Whoever found it knows that it was heard."""
    with runtime.db().begin() as tx:
        service.tell_finder(tx, event.loop_id, now=clock.now())
