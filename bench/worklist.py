"""The reading desk in use: 5,000 open exams, 200 readers with an open list: `make bench-worklist`.

The web process is a real one; whoever asks runs beside it, on the same cores. An invented pool of
40 sites, always the same. `--quick` counts fewer of everything.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg

from harness import Result, Target, report
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate

_PORT = 18_099
_BASE = f"http://127.0.0.1:{_PORT}"
_COOKIE, _CSRF = "plateau_session", "bench"
_HX = {"HX-Request": "true", "HX-Target": "list", "X-CSRF-Token": _CSRF}
_SET_UP = """
insert into territory.member (member_id, code, name, valid_from)
select md5('member' || n)::uuid, 'M' || n, 'Membre ' || n, '2020-01-01'
from generate_series(0, 19) n;
insert into territory.site (site_id, code, member_id, name, town, latitude, longitude, valid_from)
select md5('site' || n)::uuid, 'S' || n, md5('member' || n / 2)::uuid, 'Site ' || n, 'Ville-Test',
       43.3, -1.0, '2020-01-01' from generate_series(0, 39) n;
insert into territory.device (device_id, site_id, ae_title, modality, name, valid_from)
select md5('device' || n)::uuid, md5('site' || n)::uuid, 'CT_' || n, 'CT', 'Scanner', '2020-01-01'
from generate_series(0, 39) n;
insert into territory.exam_type
  (exam_code, name, name_en, modality, region, minutes, technique, result, conclusion)
values ('TDM-CRANE', 'Scanner cérébral', 'Head CT', 'CT', 'Crâne', 10, '{appareil}.', 'Os :', '');
insert into access.account (person_id, login, name)
select md5('reader' || n)::uuid, 'reader' || n, 'Dr Inventé ' || n
from generate_series(0, %(readers)s) n;
insert into territory.practitioner (person_id, code, specialty, home_site_id, valid_from)
select md5('reader' || n)::uuid, 'R' || n, 'radiologie', md5('site' || 2 * n %% 40)::uuid,
       '2020-01-01' from generate_series(0, %(readers)s) n;
insert into territory.skill (person_id, modality, valid_from)
select person_id, 'CT', '2020-01-01' from territory.practitioner;
insert into territory.privilege (person_id, site_id, valid_from)
select person_id, site_id, '2020-01-01' from territory.practitioner, territory.site;
insert into access.role (person_id, role, site_id)
select person_id, 'reader', site_id from territory.practitioner, territory.site;
insert into territory.line
  (line_id, code, name, place_site_id, starts_at, ends_at, readers, valid_from)
select md5('line' || n)::uuid, 'GARDE' || n, 'Garde ' || n, md5('site' || 2 * n)::uuid, '00:00',
       '23:59', 5, '2020-01-01' from generate_series(0, 19) n;
insert into territory.line_site
select md5('line' || n / 2)::uuid, md5('site' || n)::uuid, '00:00', '2020-01-01'
from generate_series(0, 39) n;
insert into planning.duty (duty_id, line_id, person_id, position, starts_at, ends_at)
select md5('duty' || n)::uuid, md5('line' || n %% 20)::uuid, md5('reader' || n)::uuid, n / 20 + 1,
       now() - interval '6 hours', now() + interval '18 hours'
from generate_series(0, least(99, %(readers)s)) n;
insert into patients.patient (patient_id, surname, first_name, birth_on, sex, created_at)
select md5('patient' || n)::uuid, 'INVENTÉ' || n, 'Camille', '1950-02-03', 'F', now()
from generate_series(1, %(exams)s) n;
insert into requests.request
  (request_id, state, site_id, requester_id, patient_id, urgency, exam_code, context, aim,
   region, risks, earlier, technique, wished_delay, informed, callback_phone, submitted_at)
select md5('request' || n)::uuid, 'accepted', md5('site' || n %% 40)::uuid, md5('reader0')::uuid,
       md5('patient' || n)::uuid, 'U' || n %% 4, 'TDM-CRANE', 'Chute.', 'Hémorragie ?', 'Crâne',
       'Aucun', 'Aucun', 'Sans injection', 'Immédiat', true, '0000', now()
from generate_series(1, %(exams)s) n;
insert into requests.exam
  (exam_id, request_id, site_id, patient_id, device_id, exam_code, urgency, accession_number,
   study_uid, protocol, state, planned_at)
select md5('exam' || n)::uuid, md5('request' || n)::uuid, md5('site' || n %% 40)::uuid,
       md5('patient' || n)::uuid, md5('device' || n %% 40)::uuid, 'TDM-CRANE', 'U' || n %% 4,
       'A' || n, '2.25.' || n, 'Sans injection', 'complete', now()
from generate_series(1, %(exams)s) n;
insert into images.study (study_id, study_uid, patient_id, site_id, ae_title, accession_number,
  modalities, started_at, state, announced, instances, first_instance_at, last_instance_at,
  quiet_at, complete_at)
select md5('study' || n)::uuid, '2.25.' || n, md5('patient' || n)::uuid,
       md5('site' || n %% 40)::uuid, 'CT_0', 'A' || n, '{CT}', now(), 'complete', 12, 12, now(),
       now(), now(), now() from generate_series(1, %(exams)s) n;
insert into reading.task
  (exam_id, site_id, patient_id, study_uid, modality, exam_code, urgency, state, complete_at,
   due_at)
select md5('exam' || n)::uuid, md5('site' || n %% 40)::uuid, md5('patient' || n)::uuid,
       '2.25.' || n, 'CT', 'TDM-CRANE', 'U' || n %% 4, 'unassigned', now(),
       now() + n * interval '20 seconds' from generate_series(1, %(exams)s) n;
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    exams: int
    readers: int
    asks: int  # of each page
    changes: int


def main() -> None:
    """Fill a database, serve it, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    size = Size(500, 20, 10, 5) if quick else Size(5_000, 200, 60, 10)
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(folder=Path(folder) / "pg")
        url = server.start()
        try:
            migrate(url)
            fill(url, size)
            results = asyncio.run(served(url, Path(folder), size))
        finally:
            server.stop()
    report("worklist-quick" if quick else "worklist", results)


def fill(url: str, size: Size) -> None:
    """The pool, its exams and a session of each reader."""
    with psycopg.connect(url, autocommit=True) as connection:
        named = {"exams": size.exams, "readers": size.readers - 1}
        for statement in _SET_UP.split(";\n"):
            if statement.strip():
                connection.execute(statement, named)  # pyright: ignore[reportArgumentType, reportCallIssue]
        until = datetime.now(UTC) + timedelta(hours=8)
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into access.session values"
                " (%s, md5('reader' || %s::text)::uuid, %s, now(), now(), %s)",
                [
                    (hashlib.sha256(token(n).encode()).digest(), n, _CSRF, until)
                    for n in range(size.readers)
                ],
            )
        connection.execute("vacuum analyze")


def token(reader: int) -> str:
    """What a reader's browser holds."""
    return f"bench{reader}"


async def served(url: str, folder: Path, size: Size) -> list[Result]:
    """Every figure, from a web process of its own."""
    environment = os.environ | {
        "PLATEAU_DATABASE_URL": url,
        "PLATEAU_DATA_DIR": str(folder),
        "PLATEAU_WEB_PORT": str(_PORT),
        "PLATEAU_LOG_LEVEL": "warning",
    }
    command = [str(Path(sys.executable).parent / "plateau"), "web"]
    web = subprocess.Popen(command, env=environment)
    try:
        await up()
        return await measured(size)
    finally:
        web.terminate()
        web.wait(20)


async def up() -> None:
    """The web process answers."""
    async with httpx.AsyncClient(base_url=_BASE) as client:
        for _ in range(200):
            try:
                if (await client.get("/healthz")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise RuntimeError("the web process does not answer")


def browser(reader: int) -> httpx.AsyncClient:
    """A browser of a reader."""
    return httpx.AsyncClient(base_url=_BASE, cookies={_COOKIE: token(reader)}, timeout=60)


async def measured(size: Size) -> list[Result]:
    """The pages alone, then what others see while every reader has the list open."""
    async with browser(0) as one:
        await one.get("/worklist")
        paint = [await took(one, "GET", "/worklist") for _ in range(size.asks)]
        rows = [await took(one, "GET", "/worklist/rows") for _ in range(size.asks)]
    nexts, desks = await taken(size)
    async with connected(size) as readers:
        seen = [each for n in range(size.changes) for each in await changed(readers, n)]
    full = f"{size.exams} open exams"
    return [
        Result(name=f"worklist, first paint, {full}, median", value=statistics.median(paint),
               unit="ms", target=Target(bound=300)),
        Result(name=f"worklist again, {full}, median", value=statistics.median(rows),
               unit="ms"),
        Result(name=f"take next, {full}, p95", value=p95(nexts), unit="ms",
               target=Target(bound=50)),
        Result(name="open the reading page, median", value=statistics.median(desks), unit="ms",
               target=Target(bound=200)),
        Result(name=f"a change visible to {size.readers} readers, p95", value=p95(seen), unit="ms",
               target=Target(bound=500)),
        Result(name=f"a change visible to {size.readers} readers, median",
               value=statistics.median(seen), unit="ms"),
    ]  # fmt: skip


def p95(times: Sequence[float]) -> float:
    """What nineteen in twenty stay under."""
    return statistics.quantiles(times, n=20)[-1]


async def took(client: httpx.AsyncClient, method: str, path: str) -> float:
    """Milliseconds until the whole answer is here."""
    started = time.perf_counter()
    answer = await client.request(
        method, path, headers=_HX if "rows" in path or method == "POST" else {}
    )
    spent = 1000 * (time.perf_counter() - started)
    if answer.is_error:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    return spent


async def taken(size: Size) -> tuple[list[float], list[float]]:
    """Milliseconds to be given the next exam, and to open its page; each reader once or twice."""
    nexts: list[float] = []
    desks: list[float] = []
    for n in range(size.asks):
        async with browser(n % 100 % size.readers) as one:
            started = time.perf_counter()
            answer = await one.post("/worklist/next", headers=_HX)
            nexts.append(1000 * (time.perf_counter() - started))
            path = answer.headers["HX-Redirect"]
            desks.append(await took(one, "GET", path))
            await took(one, "POST", path.replace("/read/", "/worklist/") + "/release")
    return nexts, desks


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader with the list open, and when it last showed what is."""

    client: httpx.AsyncClient
    shown: asyncio.Queue[float]


@asynccontextmanager
async def connected(size: Size) -> AsyncGenerator[list[Reader]]:
    """Every reader has the list open and fetches it again at each change."""
    readers = [Reader(browser(n), asyncio.Queue()) for n in range(size.readers)]
    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(follow(one, ready)) for one in readers]
    for _ in readers:
        await ready.acquire()
    try:
        yield readers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(one.client.aclose() for one in readers))


async def follow(reader: Reader, ready: asyncio.Semaphore) -> None:
    """What a page does: hear, fetch, show."""
    async with reader.client.stream("GET", "/events?topics=worklist") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("retry:"):
                ready.release()
            if line.startswith("event: changed"):
                await took(reader.client, "GET", "/worklist/rows")
                reader.shown.put_nowait(time.perf_counter())


async def changed(readers: Sequence[Reader], n: int) -> list[float]:
    """One of them takes an exam and leaves it: milliseconds until each list shows the first."""
    exam = hashlib.md5(f"exam{1 + n}".encode(), usedforsecurity=False).hexdigest()
    async with browser(n % 100 % len(readers)) as one:
        started = time.perf_counter()
        await took(one, "POST", f"/worklist/{exam}/take")
        shown = [await one.shown.get() for one in readers]
        await took(one, "POST", f"/worklist/{exam}/release")
        for each in readers:
            await each.shown.get()
    return [1000 * (at - started) for at in shown]


if __name__ == "__main__":
    main()
