"""The web application, wired by hand."""

from collections.abc import Callable

from fastapi import FastAPI, Request

from plateau.kernel.caller import Caller
from plateau.planning import pages as planning
from plateau.platform.runtime import Runtime

Identify = Callable[[Request], Caller | None]
ROUTERS = (planning.router,)


def build(runtime: Runtime, identify: Identify) -> FastAPI:
    """The application on `runtime`, whose callers `identify` recognises."""
    app = FastAPI(title="Plateau", docs_url=None, redoc_url=None)
    app.state.db = runtime.db
    app.state.blobs = runtime.blobs
    app.state.settings = runtime.settings
    app.state.identify = identify
    for router in ROUTERS:
        app.include_router(router)
    return app
