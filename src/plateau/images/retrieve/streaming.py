"""Answers larger than memory: each step is read in a thread while the one before leaves."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Step = Callable[[], bytes]


class Streamed(Response):
    """A body made of steps, `length` long if it is known.

    A thread makes `together` of them while as many leave: no more are in memory.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        length: int | None,
        headers: Mapping[str, str],
        together: int = 1,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(headers)
        if length is not None:
            self.headers["Content-Length"] = str(length)
        self._steps = steps
        self._together = together

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers at once, then the steps; stop reading once nobody listens."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        gone = asyncio.create_task(_left(receive))
        try:
            await self._send_steps(send, gone)
        finally:
            gone.cancel()

    async def _send_steps(self, send: Send, gone: asyncio.Task[None]) -> None:
        steps = iter(self._steps)
        ahead = _begin(steps, self._together)
        while ahead is not None and not gone.done():
            bodies = await ahead
            ahead = _begin(steps, self._together)
            for body in bodies:
                await send({"type": "http.response.body", "body": body, "more_body": True})
        if ahead is None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await ahead


def _begin(steps: Iterator[Step], count: int) -> asyncio.Future[list[bytes]] | None:
    """Begin the next steps in a thread; None after the last."""
    some = list(islice(steps, count))
    return asyncio.get_running_loop().run_in_executor(None, _made, some) if some else None


def _made(steps: Sequence[Step]) -> list[bytes]:
    return [step() for step in steps]


async def _left(receive: Receive) -> None:
    """Until whoever asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
