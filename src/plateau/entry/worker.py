"""The process that runs jobs, and sweeps the clocks that are rows of their feature."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from plateau.access import service as access
from plateau.access.notify import carrier
from plateau.activity.carry import service as carry
from plateau.activity.collect import service as collecting
from plateau.entry import boot
from plateau.images import service as images
from plateau.images.commitment import service as commitment
from plateau.images.forward import service as routing
from plateau.images.retention import service as retention
from plateau.images.tiers import service as tiers
from plateau.images.upkeep import service as upkeep
from plateau.kernel.errors import PlateauError
from plateau.planning import jobs as planning_jobs
from plateau.platform import clock, jobs
from plateau.platform.db import Tx
from plateau.platform.runtime import Runtime
from plateau.reading import service as reading
from plateau.reading import signature
from plateau.reading.closing import service as closing
from plateau.reading.escalation import service as escalation
from plateau.reading.followup import service as followup
from plateau.reading.loops import service as loops

log = structlog.get_logger()
_SWEEP_S = 1.0
_SLOW_SWEEP_S = 30.0
_TIDY_S = 60.0
_TIDY_PAUSE_S = 0.1  # between two studies that move
_CHECK_S = 2.0  # between two looks at stored bytes
_RESTART_S = 1.0
_STALLED_CHECK_S = 2.0


def run() -> None:
    """Work until asked to stop; the engine leaves when the database goes away, so come back."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with boot.process("worker", pool=8) as runtime:
        sweepers = [
            threading.Thread(target=target, args=(runtime, stop), name=target.__name__)
            for target in (_sweep, _sweep_slowly, _check_bytes, _tidy, _carry)
        ]
        for sweeper in sweepers:
            sweeper.start()
        while not stop.is_set():
            asyncio.run(_work(runtime, stop))
            if not stop.is_set():
                time.sleep(_RESTART_S)  # a handler may not set what its own thread waits for
        for sweeper in sweepers:
            sweeper.join()


async def _work(runtime: Runtime, stop: threading.Event) -> None:
    """Run jobs until asked to stop, or until the database goes away."""
    try:
        async with jobs.bind(str(runtime.settings.database_url)).open_async() as app:
            engine = asyncio.create_task(
                app.run_worker_async(
                    concurrency=runtime.settings.worker_concurrency,
                    fetch_job_polling_interval=1.0,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=5,
                    update_heartbeat_interval=5.0,
                )
            )
            while not stop.is_set() and not engine.done():
                await jobs.retry_stalled(app)
                await asyncio.wait([engine], timeout=_STALLED_CHECK_S)
            engine.cancel()
            planning_jobs.leave()
            await asyncio.gather(engine, return_exceptions=True)
    except Exception as error:  # noqa: BLE001 - whatever broke the engine, it is started again
        log.warning("worker.restarting", error=type(error).__name__)


def _sweep(runtime: Runtime, stop: threading.Event) -> None:
    """Move the clocks: silent studies, leases that ran out, sessions that ended."""
    while not stop.wait(_SWEEP_S):
        _try(runtime, lambda tx: images.settle(tx, now=clock.now()))
        _try(runtime, lambda tx: reading.sweep_leases(tx, wall=clock.wall(), now=clock.now()))
        _finalise(runtime)
        _try(runtime, lambda tx: escalation.sweep(tx, now=clock.now()))
        _try(runtime, lambda tx: access.end_old_sessions(tx, at=clock.wall()))
        _try(runtime, lambda tx: loops.sweep(tx, now=clock.now()))
        _try(runtime, lambda tx: followup.sweep(tx, now=clock.now()))
        _try(runtime, lambda tx: closing.sweep(tx, now=clock.now()))


def _finalise(runtime: Runtime) -> None:
    """Print and send what can no longer be recalled; each report in its own transaction."""
    try:
        signature.finalise_due(runtime.db, runtime.blobs, now=clock.now(), wall=clock.wall())
    except PlateauError as error:
        log.warning("sweep.failed", code=error.code)


def _sweep_slowly(runtime: Runtime, stop: threading.Event) -> None:
    """Count what came, and send on what the job engine has given up."""
    while not stop.wait(_SLOW_SWEEP_S):
        _try(runtime, lambda tx: upkeep.measure(tx, now=clock.now()))
        _try(runtime, lambda tx: routing.ask_again(tx, now=clock.now()))
        _try(runtime, lambda tx: retention.propose(tx, now=clock.now()))
        _try(runtime, lambda tx: commitment.ask_again(tx, now=clock.now()))
        _try(runtime, lambda tx: collecting.collect(tx, now=clock.now()))
        _try(runtime, lambda tx: carry.carry_over(tx, now=clock.now()))
        _try(runtime, lambda tx: escalation.foresee(tx, now=clock.now()))


def _tidy(runtime: Runtime, stop: threading.Event) -> None:
    """Remove the bytes of what was deleted, and move quiet studies to the second store."""
    after = timedelta(days=runtime.settings.cold_after_days)
    while not stop.wait(_TIDY_S):
        try:
            retention.remove_bytes(runtime.db, runtime.blobs, now=clock.now(), wall=clock.wall())
            while tiers.move_one(runtime.db, runtime.blobs, now=clock.now(), after=after):
                if stop.wait(_TIDY_PAUSE_S):
                    return
        except PlateauError as error:
            log.warning("sweep.failed", code=error.code)


def _check_bytes(runtime: Runtime, stop: threading.Event) -> None:
    """Read what is stored again and again, slowly, and compare it with its digest."""
    rate = runtime.settings.sweep_mb_s
    while rate > 0 and not stop.wait(_CHECK_S):
        try:
            upkeep.check_some(runtime.db, runtime.blobs, now=clock.now(), stop=stop, rate_mb_s=rate)
        except PlateauError as error:
            log.warning("sweep.failed", code=error.code)


def _carry(runtime: Runtime, stop: threading.Event) -> None:
    """Send mail and SMS; apart from the clocks, since the other side may take its time."""
    while not stop.wait(_SWEEP_S):
        try:
            carrier.carry_due(runtime.db, runtime.settings, wall=clock.wall())
        except PlateauError as error:
            log.warning("sweep.failed", code=error.code)


def _try(runtime: Runtime, sweep: Callable[[Tx], object]) -> None:
    try:
        with runtime.db.begin() as tx:
            sweep(tx)
    except PlateauError as error:
        log.warning("sweep.failed", code=error.code)
