"""The process that serves pages, DICOMweb and live events."""

from types import FrameType

import uvicorn

from plateau.entry import boot, http
from plateau.platform.live import Listener


class Server(uvicorn.Server):
    """A server whose open streams end as soon as it is asked to stop."""

    def __init__(self, config: uvicorn.Config, listener: Listener) -> None:
        super().__init__(config)
        self._listener = listener

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let the streams end, then stop in order: the library would raise the signal again."""
        self._listener.close()
        self.should_exit = True


def run() -> None:
    """Serve until asked to stop; open streams end at once, other answers are finished."""
    with boot.process("web", pool=16) as runtime:
        chosen = runtime.settings
        pages = boot.bound(chosen.web_host, chosen.web_port)
        app = http.build(runtime, http.identify)
        listener = http.serve_live(app, str(chosen.database_url))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
        )
        Server(config, listener).run([pages])
