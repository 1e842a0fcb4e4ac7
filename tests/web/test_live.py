"""The event stream over a real socket, with the real database behind it."""

import asyncio
import threading
import time

import httpx
import psycopg

import loops
from plateau.entry.web import Server
from plateau.platform.db import Db
from plateau.platform.live import Listener

PASSWORD = "a long enough secret"


def touch_until_stopped(db: Db, stop: threading.Event) -> None:
    """Say again and again that two topics changed: the first times nobody may listen yet."""
    while not stop.wait(0.1):
        with db.begin() as tx:
            tx.touch("activity", "worklist")


def test_a_page_hears_the_topics_it_asked_for(
    db: Db, served: tuple[str, Server], cookies: dict[str, str]
) -> None:
    stop = threading.Event()
    toucher = threading.Thread(target=touch_until_stopped, args=(db, stop))
    toucher.start()
    heard: list[str] = []
    with httpx.stream("GET", f"{served[0]}/events?topics=worklist", cookies=cookies) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        for line in answer.iter_lines():
            heard.append(line)
            if heard.count("event: changed") == 3:
                break
    stop.set()
    toucher.join()
    assert heard[0] == "retry: 2000"
    assert "id: 2" in heard
    assert {line for line in heard if line.startswith("data:")} == {"data: worklist"}


def test_a_stranger_hears_nothing(served: tuple[str, Server]) -> None:
    answer = httpx.get(f"{served[0]}/events?topics=worklist")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_an_open_stream_does_not_hold_up_the_end_of_the_server(
    served: tuple[str, Server], cookies: dict[str, str]
) -> None:
    with httpx.stream("GET", f"{served[0]}/events?topics=duty", cookies=cookies) as answer:
        lines = answer.iter_lines()
        next(lines)
        asked = time.monotonic()
        served[1].handle_exit(15, None)
        assert list(lines) == [""]
        assert time.monotonic() - asked < 4


def test_a_page_learns_that_the_database_went_away(
    served: tuple[str, Server], cookies: dict[str, str], database: str
) -> None:
    with httpx.stream("GET", f"{served[0]}/events?topics=duty", cookies=cookies) as answer:
        lines = answer.iter_lines()
        next(lines)
        cut_off(database)
        assert "data: duty" not in list(lines)  # it ends: the page says so, and comes back


def test_what_may_have_been_missed_is_looked_at_again(database: str) -> None:
    async def hear() -> str:
        listener = Listener(database)
        with listener.stream(frozenset({"duty"})) as queue:
            await asyncio.to_thread(cut_off, database)
            while not queue.empty():
                queue.get_nowait()
            return await asyncio.wait_for(queue.get(), 10)

    assert loops.run(hear()) == "duty"


def cut_off(database: str) -> None:
    """End the connection on which a listener of this database hears."""
    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(100):
            ended = connection.execute(
                """
                select count(pg_terminate_backend(pid)) from pg_stat_activity
                where application_name = 'plateau-live' and query like 'listen%'
                  and datname = current_database()
                """
            ).fetchone()
            if ended and ended[0]:
                return
            time.sleep(0.1)
    raise AssertionError("no listener was there")
