import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from plateau.web.security import is_same_origin

HOST = "plateau.example"


def asked(**headers: str) -> Request:
    """A request with these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"host", HOST.encode()))
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),  # not a browser: it holds no cookie of anybody else
        ({"origin": f"https://{HOST}"}, True),
        ({"origin": "https://elsewhere.example"}, False),
        ({"origin": "null"}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": f"https://{HOST}"}, False),
    ],
)
def test_forms_of_other_sites_are_known(headers: dict[str, str], ours: bool) -> None:
    assert is_same_origin(asked(**headers)) is ours


@given(st.from_regex(r"\A[a-z0-9.-]{1,40}\Z").filter(lambda host: host != HOST))
def test_no_other_host_passes_for_ours(host: str) -> None:
    assert not is_same_origin(asked(origin=f"https://{host}"))
