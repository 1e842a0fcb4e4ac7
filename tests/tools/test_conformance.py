"""The conformance statement says what the program does."""

import conformance
from plateau.entry.http import ROUTERS
from plateau.images import scp
from plateau.images.retrieve import capabilities

_UPS = "1.2.840.10008.5.1.4.34.6."  # PS3.4, annex CC: push, watch, pull, event, query


def test_the_page_is_what_the_program_configures() -> None:
    assert conformance.PAGE.read_text("utf-8") == conformance.page(), "run `make conformance`"


def test_unified_procedure_steps_are_said_not_to_be_there_and_are_not() -> None:
    assert "**Not there, planned for later**: the Unified Procedure Step" in conformance.page()
    assert not [path for path in capabilities.resources(ROUTERS) if "workitem" in path]
    classes = [str(context.abstract_syntax) for context in scp.contexts()]
    assert not [uid for uid in classes if uid.startswith(_UPS)]
