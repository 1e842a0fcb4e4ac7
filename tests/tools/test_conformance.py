"""The conformance statement says what the program does."""

import conformance


def test_the_page_is_what_the_program_configures() -> None:
    assert conformance.PAGE.read_text("utf-8") == conformance.page(), "run `make conformance`"
