"""Processes of ours that live no longer than the process that started them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping

_SUPERVISED = "PLATEAU_SUPERVISED"  # set by whoever holds the other end of standard input


def start(module: str, *arguments: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a module of ours; it is asked to stop when this process ends, however it ends."""
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", module, *arguments],
        env={**environment, _SUPERVISED: "1"},
        stdin=subprocess.PIPE,  # it closes when we die
    )


def leave_with_parent() -> None:
    """When supervised, stop in order as soon as the supervisor is gone."""
    if _SUPERVISED in os.environ:
        threading.Thread(target=_await_end_of_parent, name="supervised", daemon=True).start()


def _await_end_of_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
