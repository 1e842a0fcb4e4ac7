import asyncio

import loops
from plateau.platform.db import Db
from plateau.platform.live import Listener


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
