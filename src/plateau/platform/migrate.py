"""Applies the migrations in order, once, however many processes start together."""

import hashlib
from importlib.resources import files
from typing import Any

import procrastinate
import psycopg
import structlog

from plateau.kernel.errors import ConflictError, UnavailableError

log = structlog.get_logger()
_LOCK = 7_243_001


def migrate(url: str) -> list[str]:
    """Bring the database up to date; the names of the migrations applied."""
    with _connected(url) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        _ensure_history(connection)
        done: dict[str, str] = dict(
            connection.execute("select name, digest from plateau_migration").fetchall()
        )
        applied = [name for name, sql in _scripts() if _apply(connection, name, sql, done)]
        _ensure_jobs(connection, url)
        return applied


def _connected(url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(url, autocommit=True)
    except psycopg.Error as error:
        raise UnavailableError("the database cannot be reached or has no room") from error


def _scripts() -> list[tuple[str, str]]:
    folder = files("plateau.migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(name, folder.joinpath(name).read_text("utf-8")) for name in names]


def _ensure_history(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        """
        create table if not exists plateau_migration (
          name text primary key, digest text not null,
          applied_at timestamptz not null default now())
        """
    )


def _apply(connection: psycopg.Connection[Any], name: str, sql: str, done: dict[str, str]) -> bool:
    """Run one script in its own transaction; refuse a history that was rewritten."""
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if name in done:
        if done[name] != digest:
            raise ConflictError("migration {name} was changed after it was applied", name=name)
        return False
    with connection.transaction():
        connection.execute("set local lock_timeout = '5s'")
        connection.execute(sql.encode())
        connection.execute(
            "insert into plateau_migration (name, digest) values (%s, %s)", (name, digest)
        )
    log.info("migration.applied", migration=name)
    return True


def _ensure_jobs(connection: psycopg.Connection[Any], url: str) -> None:
    """Install the job engine's own tables, tuned for many short-lived rows."""
    present = connection.execute("select to_regclass('procrastinate_jobs')").fetchone()
    if present and present[0]:
        return
    with procrastinate.App(
        connector=procrastinate.SyncPsycopgConnector(conninfo=url)
    ).open() as app:
        app.schema_manager.apply_schema()
    connection.execute(
        """
        alter table procrastinate_jobs set (
          autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200,
          autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 200)
        """
    )
