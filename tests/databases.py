"""Databases of a test's own, made and dropped beside the tests."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from plateau.platform.embedded import Postgres


class Databases:
    """Fresh, migrated databases: one is made ready, and used ones are dropped, beside the tests."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.worker = ThreadPoolExecutor(max_workers=1)
        self.next = self.worker.submit(self._made)

    def take(self) -> str:
        """The name of one that nobody has used."""
        name = self.next.result()
        self.next = self.worker.submit(self._made)
        return name

    def give_back(self, name: str) -> None:
        """Nobody needs it any more."""
        self.worker.submit(self._run, "drop database {} with (force)", name)

    def _made(self) -> str:
        name = f"t{uuid4().hex}"
        self._run("create database {} template template_plateau strategy file_copy", name)
        return name

    def _run(self, sql: LiteralString, name: str) -> None:
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            connection.execute(SQL(sql).format(Identifier(name)))


def databases_of(server: Postgres) -> Iterator[Databases]:
    """Databases of one server, as long as tests need them."""
    found = Databases(server)
    yield found
    found.worker.shutdown(cancel_futures=True)
