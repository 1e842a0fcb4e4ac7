"""The hub that everything goes wrong for: its real processes, and a look at them from outside."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chain import doors
from faults.outside_view import LARGEST_MB, View
from plateau.platform.embedded import Postgres

LIMITED = ("prlimit", f"--as={8 << 30}")  # a fault that eats memory ends the hub, not the machine


@pytest.fixture(scope="session")
def hub(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """The doors of DICOM and of the web, on a world and a database of their own."""
    folder = tmp_path_factory.mktemp("faults")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # for these processes, and no other test
            patch.setenv("PLATEAU_MAX_OBJECT_MB", str(LARGEST_MB))
            opened = doors.opened(server, folder, ("dimse", "web"), before=LIMITED)
            view = View(stack.enter_context(opened))
        yield view
