"""What schemathesis makes of the description of our own routes: nothing may break the server."""

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from pydicom.uid import generate_uid
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema

import make
import requests
from images import web
from images.instances import as_file, ct
from plateau.kernel.caller import Caller, Role
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # of the judge, about what it cannot check
]

EXAMPLES = 4  # of each route, with invented values; as many with what is really there
FORM = {"X-CSRF-Token": "c"}
# What DICOMweb takes in its query without our description knowing. PS3.18, 8.3
KEYS = [
    "PatientName",
    "StudyDate",
    "StudyTime",
    "ModalitiesInStudy",
    "AccessionNumber",
    "PatientBirthDate",
    "00100020",
    "limit",
    "offset",
    "includefield",
    "fuzzymatching",
    "viewport",
    "window",
    "quality",
    "accept",
]
VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["*", "-", "?", "\\", "20260101-20251231", "-1", "1,1", "1,0,linear", "a/b;q=2"]
    ),
    st.integers(-(10**19), 10**19).map(str),
)
QUERIES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def real(db: Db, blobs: Blobs, world: make.World) -> dict[str, str]:
    """The UIDs of an image that is there."""
    image = ct(generate_uid())
    web.keep(db, blobs, as_file(image))
    return {
        "study_uid": image.StudyInstanceUID,
        "series_uid": image.SeriesInstanceUID,
        "uid": image.SOPInstanceUID,
        "numbers": "1",
        "tag": "7FE00010",
    }


@pytest.fixture
def schema(db: Db, blobs: Blobs, world: make.World) -> Iterator[BaseSchema]:
    """Our description, of a server at which somebody holds every role."""
    roles = {role: frozenset({world.site_id}) for role in Role}
    caller = Caller(person_id=world.reader_id, name="Dr Essai", roles=roles, csrf="c")
    app = web.application(db, blobs, caller)
    with web.served(app) as address:
        described = schemathesis.openapi.from_dict(app.openapi())
        described.config.update(base_url=address)
        yield described


def test_no_request_breaks_the_server(schema: BaseSchema, real: dict[str, str]) -> None:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    asked: set[tuple[str, str]] = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for known in ({}, real):
            probe(operation, session, known)
        asked.add((operation.method, operation.path))
    assert len(asked) > 70


def probe(operation: Any, session: requests.Session, known: dict[str, str]) -> None:
    """Ask a route in several ways; AssertionError with the request if it breaks."""

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        verbosity=Verbosity.quiet,
    )
    @given(case=operation.as_strategy(), query=QUERIES)
    def ask(case: Any, query: dict[str, str]) -> None:
        for name in known.keys() & case.path_parameters.keys():
            case.path_parameters[name] = known[name]
        if "dicom-web" in case.path:
            case.query = {**case.query, **query}
        answer = case.call(session=session, headers=FORM, timeout=20)
        case.validate_response(answer, checks=[not_a_server_error])

    ask()
