import asyncio
from contextlib import closing

import psycopg

import loops
from plateau.platform.db import Db
from plateau.platform.live import Listener, Notifier


def test_what_a_process_says_as_it_leaves_is_heard(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("listen plateau_live")
        with closing(Notifier(database)) as notify:
            notify({"roster"})
        heard = [one.payload for one in connection.notifies(timeout=0.5, stop_after=1)]
    assert heard == ["roster"]


def test_a_stream_hears_its_topics_and_no_other(db: Db, database: str) -> None:
    assert loops.run(hear(db, database)) == "worklist"


async def hear(db: Db, database: str) -> str:
    listener = Listener(database)
    with listener.stream(frozenset({"worklist"})) as queue:
        for _ in range(100):
            with db.begin() as tx:
                tx.touch("activity", "worklist")
            try:
                return await asyncio.wait_for(queue.get(), 0.2)
            except TimeoutError:
                continue  # not listening yet: say it again
    raise AssertionError("nothing was heard")
