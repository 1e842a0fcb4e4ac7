from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plateau.access.rules import (
    LONGEST,
    WINDOW,
    cell,
    plain_login,
    retry_at,
    safe_next,
    session_end,
)
from plateau.access.types import Attempts

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@given(st.integers(0, 100), st.integers(0, 100))
def test_more_failures_never_wait_less(by_login: int, by_address: int) -> None:
    def wait(extra: int) -> timedelta:
        at = retry_at(Attempts(by_login + extra, by_address, NOW))
        return at - NOW if at else timedelta(0)

    assert timedelta(0) <= wait(0) <= wait(1) <= WINDOW


def test_the_first_failures_are_free() -> None:
    assert retry_at(Attempts(4, 29, NOW)) is None
    assert retry_at(Attempts(5, 0, NOW)) == NOW + timedelta(seconds=1)


@given(st.text())
def test_one_only_returns_to_a_page_of_ours(path: str) -> None:
    assert safe_next(path).startswith("/")
    assert not safe_next(path).startswith(("//", "/\\"))


def test_pages_elsewhere_are_not_followed() -> None:
    assert safe_next("/read/1?x=2") == "/read/1?x=2"
    for bad in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:1",
        "",
        "//[",
    ):
        assert safe_next(bad) == "/"


@given(st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_session_never_outlives_its_longest(after: timedelta) -> None:
    assert session_end(created_at=NOW, seen_at=NOW + after) <= NOW + LONGEST


@given(st.text())
def test_a_spreadsheet_runs_no_cell(text: str) -> None:
    shown = cell(text)
    assert shown.endswith(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_an_empty_cell_is_empty() -> None:
    assert cell(None) == ""


@given(st.text())
def test_a_login_is_always_kept_the_same_way(typed: str) -> None:
    login = plain_login(typed)
    assert len(login) <= 100
    assert "\0" not in login
    assert plain_login(typed.strip()) == login
