"""The web application, wired by hand."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from fastapi import Depends, FastAPI, Request

from plateau.access import pages as access_pages
from plateau.access import service as access
from plateau.access.notify import pages as notify_pages
from plateau.activity import pages as activity
from plateau.activity.counter import pages as counter
from plateau.activity.entering import pages as entering
from plateau.activity.regulatory import pages as regulatory
from plateau.activity.reports import pages as reports
from plateau.activity.settlement import pages as settlement
from plateau.entry import measures, refusals
from plateau.exchange import pages as exchange
from plateau.images import fetch_pages, hub_pages, import_pages, life_pages, stranger_pages
from plateau.images import pages as viewer
from plateau.images.browse import pages as browse_pages
from plateau.images.retrieve import api as wado
from plateau.images.retrieve import capabilities
from plateau.images.search import api as qido
from plateau.images.store import Store
from plateau.images.stow import api as stow
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Caller
from plateau.planning import (
    build_pages,
    mend_pages,
    my_pages,
    roster_pages,
    rule_pages,
    terms_pages,
)
from plateau.planning import pages as planning
from plateau.planning.grounds import pages as grounds
from plateau.platform import clock
from plateau.platform.live import Listener
from plateau.platform.runtime import Runtime
from plateau.reading import list_pages as worklist
from plateau.reading import pages as reading
from plateau.reading.assistant import api as drafts_api
from plateau.reading.assistant import pages as drafts
from plateau.reading.control import pages as control
from plateau.reading.correlation import pages as biopsies
from plateau.reading.critical import pages as critical
from plateau.reading.escalation import pages as escalation
from plateau.reading.followup import pages as followup
from plateau.reading.indicators import pages as indicators
from plateau.reading.library import pages as library
from plateau.reading.loops import pages as loops
from plateau.reading.opinion import pages as opinions
from plateau.reading.retraction import pages as retraction
from plateau.reading.second import pages as second
from plateau.requests.pages import asking, desk
from plateau.web import assets, live, security
from plateau.web.shared import Shared

Identify = Callable[[Request], Caller | None]
ROUTERS = (
    measures.router,
    assets.router,
    live.router,
    access_pages.router,
    notify_pages.router,
    qido.router,
    capabilities.router,
    wado.router,
    stow.router,
    viewer.router,
    hub_pages.router,
    browse_pages.router,
    import_pages.router,
    fetch_pages.router,
    life_pages.router,
    stranger_pages.router,
    planning.router,
    build_pages.router,
    my_pages.router,
    roster_pages.router,
    mend_pages.router,
    rule_pages.router,
    terms_pages.router,
    grounds.router,
    desk.router,
    asking.router,
    worklist.router,
    reading.router,
    library.router,
    retraction.router,
    control.router,
    loops.router,
    indicators.router,
    critical.router,
    followup.router,
    drafts.router,
    drafts_api.router,
    second.router,
    opinions.router,
    biopsies.router,
    escalation.router,
    exchange.router,
    activity.router,
    counter.router,
    settlement.router,
    regulatory.router,
    entering.router,
    reports.router,
)


def build(runtime: Runtime, identify: Identify) -> FastAPI:
    """The application on `runtime`, whose callers `identify` recognises."""
    app = FastAPI(
        title="Plateau",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(security.check_form)],
    )
    app.state.db = runtime.db
    app.state.blobs = runtime.blobs
    app.state.settings = runtime.settings
    app.state.store = Store(
        runtime.db,
        runtime.blobs,
        quiet=timedelta(seconds=runtime.settings.quiet_time_s),
        guard=partial(upkeep.check_space, runtime.settings),
    )
    app.state.store.start()
    app.state.identify = identify
    app.state.routers = ROUTERS
    for router in ROUTERS:
        app.include_router(router)
    refusals.install(app)
    app.add_middleware(measures.Timing)
    app.add_middleware(security.Headers)
    return app


def serve_live(app: FastAPI, url: str) -> Listener:
    """Open pages of this application hear what changes in the database at `url`."""
    app.state.shared = Shared()
    app.state.listener = Listener(url)
    listener: Listener = app.state.listener
    return listener


def identify(request: Request) -> Caller | None:
    """Whoever the session cookie belongs to; looked up once per request."""
    known: Caller | None = getattr(request.state, "caller", None)
    token = request.cookies.get(access_pages.COOKIE)
    if known or not token:
        return known
    with request.app.state.db.look() as tx:
        caller = access.caller_of(tx, token=token, at=clock.wall())
    request.state.caller = caller
    return caller
