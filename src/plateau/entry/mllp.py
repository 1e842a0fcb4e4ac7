"""The process that delivers results over MLLP and hears patient identities."""

import signal
import threading

from plateau.entry import boot
from plateau.exchange import listener, outbox


def run() -> None:
    """Send and listen until asked to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with boot.process("mllp", pool=6) as runtime:
        sender = threading.Thread(target=outbox.run, args=(runtime.db, stop), name="outbox")
        sender.start()
        with boot.listening(runtime.settings.mllp_port):
            listener.serve(runtime.settings, runtime.db, stop)
        sender.join()
