"""How long searches take, at ten thousand studies and at a million: `make bench-search`.

`ARGS="10000 100000"` measures at other sizes. What is measured is the search in the database, as
the web and C-FIND both call it, without their own cost.
"""

import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from harness import Result, Target, report, seconds
from plateau.images.search import queries as search
from plateau.images.search import service as searching
from plateau.images.search.matching import Query
from plateau.images.search.types import Scope
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate

_SIZES = (10_000, 1_000_000)
_AGAIN = 60
_PAGE = 25
_P95_MS, _GROWTH = 20, 2
_SET_UP = """
insert into territory.member (member_id, code, name, valid_from)
values ('00000000-0000-4000-8000-000000000000', 'BANC', 'Banc', '2020-01-01');
insert into territory.site (site_id, code, member_id, name, town, latitude, longitude, valid_from)
select md5('site' || n)::uuid, 'BANC' || n, '00000000-0000-4000-8000-000000000000',
       'Site ' || n, 'Ville-Test', 43.3, -1.0, '2020-01-01'
from generate_series(0, 9) n;
"""
_PATIENTS = """
insert into patients.patient (patient_id, surname, first_name, birth_on, sex, created_at)
select md5('patient' || n)::uuid, 'TESTINVENTE' || lpad(n::text, 7, '0'),
       (array['Camille', 'Éloïse', 'Noé', 'Zoé', 'Maël'])[1 + n %% 5], '1950-02-03', 'F', now()
from generate_series(%(first)s::int, %(last)s::int) n
"""
_STUDIES = """
insert into images.study (study_id, study_uid, patient_id, site_id, ae_title, accession_number,
  description, modalities, started_at, state, instances, first_instance_at, last_instance_at,
  quiet_at)
select md5('study' || n)::uuid, '2.25.' || n, md5('patient' || n / 3)::uuid,
       md5('site' || n %% 10)::uuid, 'BANC', 'BANC' || lpad(n::text, 8, '0'), 'Scanner du crâne',
       array['CT'], at, 'complete', 1, at, at, at
from generate_series(%(first)s::int, %(last)s::int) n,
     lateral (select %(since)s::timestamptz + n * interval '1 minute' as at) moment
"""
_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
_QUERIES: dict[str, tuple[dict[str, str], int]] = {
    "prefix": ({"PatientName": "TESTINVENTE000012*"}, 0),
    "prefix of all": ({"PatientName": "TEST*"}, 0),
    "infix": ({"PatientName": "*TE000012*"}, 0),
    "dates": ({"StudyDate": "20240103-20240104"}, 0),
    "accession": ({"AccessionNumber": "BANC00000123"}, 0),
    "person": ({"PatientID": "BANC-00041", "IssuerOfPatientID": "BANC0"}, 0),
    "recent": ({}, 0),
}


def main() -> None:
    """Grow one database from size to size, and measure at each."""
    sizes = [int(size) for size in sys.argv[1:]] or list(_SIZES)
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(folder=Path(folder))
        url = server.start()
        try:
            migrate(url)
            measured = [
                _measured(url, before, size)
                for before, size in zip([0, *sizes], sizes, strict=False)
            ]
        finally:
            server.stop()
    report(
        "search",
        [
            one
            for size, found in zip(sizes, measured, strict=True)
            for one in _rows(size, found, measured[0])
        ],
    )


def _measured(url: str, before: int, size: int) -> dict[str, list[float]]:
    """Times of each query, in milliseconds, once there are so many studies."""
    with psycopg.connect(url, autocommit=True) as connection:
        if not before:
            connection.execute(_SET_UP)
        for first in range(before, size, 50_000):
            last = min(first + 50_000, size) - 1
            span = {"first": first, "last": last, "since": _SINCE}
            patients = {"first": -(-first // 3), "last": last // 3}
            connection.execute(_PATIENTS, patients)
            connection.execute(_STUDIES, span)
        connection.execute("""insert into patients.identifier
            values (md5('site0')::uuid, 'BANC-00041', md5('patient41')::uuid)
            on conflict do nothing""")
        connection.execute("vacuum analyze")
        print(f"  {size} studies", flush=True)
        depth = min(1000 * _PAGE, size - _PAGE)
        every = _QUERIES | {"jump to page 1,000": ({}, depth)}
        found = {name: _times(connection, *asked) for name, asked in every.items()}
        return found | {"page 1,000": _walked(connection, depth)}


def _walked(connection: psycopg.Connection[Any], depth: int) -> list[float]:
    """Times of a page whose reader has turned every page before it."""
    tx, scope = Tx(connection), _scope(connection)
    for offset in range(0, depth, _PAGE):
        searching.page(tx, Query(level="STUDY", limit=_PAGE, offset=offset), scope)
    query = Query(level="STUDY", limit=_PAGE, offset=depth)
    return [1000 * seconds(lambda: searching.page(tx, query, scope)) for _ in range(_AGAIN)]


def _scope(connection: psycopg.Connection[Any]) -> Scope:
    """Half of the sites."""
    half = connection.execute("select md5('site' || n)::uuid from generate_series(0, 4) n")
    return Scope(sites=frozenset(SiteId(row[0]) for row in half.fetchall()))


def _times(connection: psycopg.Connection[Any], keys: dict[str, str], offset: int) -> list[float]:
    query = Query(level="STUDY", keys=keys, limit=_PAGE, offset=offset)
    tx, scope = Tx(connection), _scope(connection)
    return [1000 * seconds(lambda: search.found(tx, query, scope)) for _ in range(_AGAIN)]


def _rows(
    size: int, found: dict[str, list[float]], smallest: dict[str, list[float]]
) -> list[Result]:
    rows: list[Result] = []
    for name, times in found.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        title = f"{name}, {size} studies"
        rows += [
            Result(name=f"{title}, p95", value=p95, unit="ms", target=Target(bound=_P95_MS)),
            Result(
                name=title,
                value=statistics.median(times),
                unit="ms",
                peer="smallest size",
                peer_value=statistics.median(smallest[name]),
                target=Target(bound=_GROWTH, of="ratio"),
            ),
        ]
    first = statistics.median(found["recent"])
    rows.append(
        Result(
            name=f"page 1,000 against the first, {size} studies",
            unit="ms",
            value=statistics.median(found["page 1,000"]),
            peer="first page",
            peer_value=first,
            target=Target(bound=_GROWTH, of="ratio"),
        )
    )
    return rows


if __name__ == "__main__":
    main()
