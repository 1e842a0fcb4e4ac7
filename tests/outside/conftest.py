"""A small hub, and worklist items of invented persons."""

import socket
from collections.abc import Callable, Iterator

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from small_hub import Hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hub = Hub(port, [])
    hub.start()
    yield hub
    if hub.server is not None:
        hub.server.shutdown()


@pytest.fixture
def item() -> Callable[..., Dataset]:
    """Makes the worklist item of an exam, as a hub would answer it."""
    return make_item


def make_item(description: str = "Scanner du crâne", number: int = 1, **keys: str) -> Dataset:
    step = Dataset()
    step.Modality = keys.get("modality", "CT")
    step.ScheduledStationAETitle = keys.get("ae_title", "CT_EXEMPLE")
    step.ScheduledProcedureStepStartDate = "20260914"
    step.ScheduledProcedureStepStartTime = f"02{number:02}00"
    step.ScheduledProcedureStepDescription = description
    step.ScheduledProcedureStepID = f"SPS{number}"
    step.ScheduledProcedureStepStatus = keys.get("status", "SCHEDULED")
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.AccessionNumber = f"ACC{number}"
    ds.ReferringPhysicianName = "INVENTÉ^Urgentiste"
    ds.StudyInstanceUID = generate_uid()
    ds.RequestedProcedureID = f"RP{number}"
    ds.RequestedProcedureDescription = description
    ds.PatientName = "EXEMPLE^Zoé"
    ds.PatientID = f"TEST{number}"
    ds.PatientBirthDate = "19500102"
    ds.PatientSex = "F"
    ds.ScheduledProcedureStepSequence = [step]
    return ds
