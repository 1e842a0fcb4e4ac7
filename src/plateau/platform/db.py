"""PostgreSQL: connections, transactions and typed rows."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any, ClassVar, LiteralString, Protocol, TypeVar

import psycopg
from psycopg.rows import RowFactory, RowMaker, no_result, scalar_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError


class Record(Protocol):
    """A dataclass whose fields, in order, are the columns of a query."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)
_FRESH_S = 0.2
# A zero byte (found by the driver, or by the server), a number beyond its column.
_UNSTORABLE = frozenset({None, "22021", "22003"})


class Tx:
    """One open transaction, and the only way to run SQL."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.touched: set[str] = set()

    def all(self, row: type[R], sql: LiteralString, **params: object) -> list[R]:
        """Every row, each as a `row`; the columns must be the fields of `row`, in order."""
        with self.connection.cursor(row_factory=_rows_of(row)) as cursor:
            return cursor.execute(sql, params).fetchall()

    def maybe(self, row: type[R], sql: LiteralString, **params: object) -> R | None:
        """The first row, or None."""
        with self.connection.cursor(row_factory=_rows_of(row)) as cursor:
            return cursor.execute(sql, params).fetchone()

    def one(self, row: type[R], sql: LiteralString, **params: object) -> R:
        """The first row; NotFoundError when there is none."""
        found = self.maybe(row, sql, **params)
        if found is None:
            raise NotFoundError("{kind} not found", kind=row.__name__)
        return found

    def value(self, sql: LiteralString, **params: object) -> Any:
        """The first column of the first row, or None."""
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(sql, params).fetchone()

    def values(self, sql: LiteralString, **params: object) -> list[Any]:
        """The first column of every row."""
        with self.connection.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(sql, params).fetchall()

    def run(self, sql: LiteralString, **params: object) -> int:
        """Run a command; the number of rows it touched."""
        return self.connection.execute(sql, params).rowcount

    def run_many(self, sql: LiteralString, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a command once for each row of parameters, in one exchange."""
        with self.connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    def copy_in(self, sql: LiteralString, lines: Iterable[bytes]) -> None:
        """Feed a `copy … from stdin` with lines in the text format of COPY."""
        with self.connection.cursor() as cursor, cursor.copy(sql) as copy:
            for line in lines:
                copy.write(line)

    def copy_out(self, sql: LiteralString) -> Iterator[bytes | bytearray | memoryview]:
        """The lines of a `copy … to stdout`, one by one as they come, each ended."""
        with self.connection.cursor() as cursor, cursor.copy(sql) as copy:
            yield from copy

    def touch(self, *topics: str) -> None:
        """Tell the open pages that listen to `topics` to look again, once this commits."""
        self.touched.update(topics)


def json(value: object) -> object:
    """A parameter for a jsonb column."""
    return Jsonb(value)


class Db:
    """The connection pool."""

    def __init__(self, pool: ConnectionPool[Any], notify: Callable[[set[str]], None]) -> None:
        self._pool = pool
        self._notify = notify

    @contextmanager
    def begin(self) -> Generator[Tx, None, None]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        with _in_our_words(), self._pool.connection() as connection:
            tx = Tx(connection)
            yield tx
        if tx.touched:
            self._notify(tx.touched)

    @contextmanager
    def look(self) -> Generator[Tx, None, None]:
        """Statements each of which stands alone: for one or two reads, half of the exchanges."""
        with _in_our_words(), self._pool.connection() as connection:
            connection.autocommit = True
            try:
                yield Tx(connection)
            finally:
                if not connection.closed:
                    connection.autocommit = False


@contextmanager
def _in_our_words() -> Generator[None, None, None]:
    """What the driver raises, as what a caller may meet."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise ConflictError("somebody else has just recorded the same thing") from error
    except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
        raise ConflictError("somebody else changed this at the same time") from error
    except psycopg.DataError as error:
        if error.sqlstate not in _UNSTORABLE:
            raise
        raise InvalidInputError("a text or a number here cannot be kept as it is") from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise UnavailableError("the database cannot be reached or has no room") from error


def open_pool(url: str, *, size: int = 10) -> ConnectionPool[Any]:
    """A pool that replaces connections lost when the server restarts."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=15,
        open=True,
        check=_check,
        connection_class=_Connection,
        kwargs={"application_name": "plateau", "options": "-c timezone=UTC"},
    )


class _Connection(psycopg.Connection[Any]):
    """A connection that knows when it was last seen to work."""

    seen_at = -inf


def _check(connection: _Connection) -> None:
    """Replace what a restart has cut, without asking a connection that has just been used."""
    now = time.monotonic()
    if now - connection.seen_at > _FRESH_S:
        ConnectionPool.check_connection(connection)
    connection.seen_at = now


def _rows_of(cls: type[R]) -> RowFactory[R]:
    """Build `cls(*row)`, after checking once a query that the columns are the fields of `cls`."""
    fields = tuple(cls.__dataclass_fields__)

    def factory(cursor: psycopg.Cursor[Any]) -> RowMaker[R]:
        answer = cursor.pgresult
        if answer is None or not answer.nfields:
            return no_result
        # straight from the protocol: the driver's own description costs as much as a small query
        columns = tuple((answer.fname(at) or b"").decode() for at in range(answer.nfields))
        if columns != fields:
            raise TypeError(f"{cls.__name__} has fields {fields}, the query gives {columns}")
        return lambda values: cls(*values)

    return factory
