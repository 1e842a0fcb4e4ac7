"""The conformance statement says what the program does."""

from pynetdicom.sop_class import (
    UnifiedProcedureStepEvent,
    UnifiedProcedureStepPull,
    UnifiedProcedureStepPush,
    UnifiedProcedureStepQuery,
    UnifiedProcedureStepWatch,
)

import conformance
from plateau.entry.http import ROUTERS
from plateau.images import scp
from plateau.images.retrieve import capabilities

_UPS = {
    UnifiedProcedureStepEvent, UnifiedProcedureStepPull, UnifiedProcedureStepPush,
    UnifiedProcedureStepQuery, UnifiedProcedureStepWatch,
}  # fmt: skip


def test_the_page_is_what_the_program_configures() -> None:
    assert conformance.PAGE.read_text("utf-8") == conformance.page(), "run `make conformance`"


def test_unified_procedure_steps_are_said_not_to_be_there_and_are_not() -> None:
    assert "**Not there, planned for later**: the Unified Procedure Step" in conformance.page()
    assert not [path for path in capabilities.resources(ROUTERS) if "workitem" in path]
    assert not _UPS & {context.abstract_syntax for context in scp.contexts()}
