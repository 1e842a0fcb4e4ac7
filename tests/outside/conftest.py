"""Worklist items of invented persons."""

from collections.abc import Callable

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid


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
