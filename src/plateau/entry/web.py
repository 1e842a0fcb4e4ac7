"""The process that serves pages, DICOMweb and live events."""

import uvicorn

from plateau.entry import boot, http
from plateau.platform.live import Listener


def run() -> None:
    """Serve until asked to stop; open streams end at once, other answers are finished."""
    with boot.process("web", pool=16) as runtime:
        app = http.build(runtime, http.identify)
        app.state.listener = Listener(str(runtime.settings.database_url))
        uvicorn.run(
            app,
            host=runtime.settings.web_host,
            port=runtime.settings.web_port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
        )
