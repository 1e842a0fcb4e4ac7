"""The event stream of a page: topics only; the page asks again with its own rights."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from plateau.platform.live import TOLD, Listener, told
from plateau.web.pages import CallerDep

router = APIRouter()
TOPICS = frozenset(
    {
        "requests",
        "exams",
        "worklist",
        "reports",
        "deliveries",
        "activity",
        "duty",
        "images",
        "reviews",
        "roster",
        "loops",
        "critical",
    }
)
_PING_S = 15.0
_LOOK_S = 1.0


@router.get("/events", include_in_schema=False)
async def events(request: Request, caller: CallerDep, topics: str) -> StreamingResponse:
    """`changed` whenever one of the topics does, `told` when this person was told something.

    A ping every 15 s; ends with the server.
    """
    wanted = frozenset(topics.split(",")) & TOPICS | {told(caller.person_id)}
    return StreamingResponse(
        _stream(request, request.app.state.listener, wanted),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    request: Request, listener: Listener, topics: frozenset[str]
) -> AsyncIterator[str]:
    numbers = count(1)
    losses = listener.losses
    yield "retry: 2000\n\n"
    with listener.stream(topics) as queue:
        silent_s = 0.0
        # Without the database nothing is heard: the page is told so by the end of its stream.
        while not (
            listener.is_closed or listener.losses > losses or await request.is_disconnected()
        ):
            try:
                topic = await asyncio.wait_for(queue.get(), _LOOK_S)
            except TimeoutError:
                silent_s += _LOOK_S
                if silent_s >= _PING_S:
                    silent_s = 0.0
                    yield ": ping\n\n"
            else:
                silent_s = 0.0
                kind, data = ("told", "you") if topic.startswith(TOLD) else ("changed", topic)
                yield f"id: {next(numbers)}\nevent: {kind}\ndata: {data}\n\n"
