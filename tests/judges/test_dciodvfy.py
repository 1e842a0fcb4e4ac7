"""What dicom3tools says of the objects we make."""

import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from outside import dose, exams, objects, phantom
from outside.exams import Exam, Machine

NIGHT = datetime(2026, 9, 14, 2, 5, tzinfo=ZoneInfo("Europe/Paris"))
EXAMS = [
    ("CT", "Scanner du crâne"),
    ("CT", "TDM abdomino-pelvien"),
    ("DX", "Radiographie du thorax"),
    ("MR", "IRM cérébrale"),
]
# Attributes beyond those of an object's definition are allowed, and said. Source: PS3.2, 3.11.4
EXTENDED = ("Attribute is not present in standard DICOM IOD", "this is a Standard Extended SOP")


def order(modality: str, description: str) -> Dataset:
    """A worklist item of somebody invented."""
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = modality, "CT_EXEMPLE"
    step.ScheduledProcedureStepStartDate = "20260914"
    step.ScheduledProcedureStepStartTime = "020000"
    step.ScheduledProcedureStepDescription = description
    step.ScheduledProcedureStepID = "SPS1"
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 192"
    item.AccessionNumber, item.RequestedProcedureID = "ACC1", "RP1"
    item.ReferringPhysicianName = "INVENTÉ^Urgentiste"
    item.StudyInstanceUID = generate_uid()
    item.RequestedProcedureDescription = description
    item.PatientName, item.PatientID = "EXEMPLE^Zoé", "TEST1"
    item.PatientBirthDate, item.PatientSex = "19500102", "F"
    item.ScheduledProcedureStepSequence = [step]
    return item


def made(modality: str, description: str) -> tuple[Exam, list[Dataset]]:
    """An exam, every image of it, and its dose report if it has one."""
    machine = Machine(
        ae_title="CT_EXEMPLE", modality=modality, host="127.0.0.1", port=1, called="PLATEAU"
    )
    item = order(modality, description)
    exam = exams.begin(machine, item, seed=4, slices=6, now=NIGHT, speed=1)
    series = phantom.draw(exams.part_of(exam), exam.seed, exam.slices)
    named = objects.instances(exam, series)
    every = [objects.image(exam, series[one.series], one) for one in named]
    report = dose.instance(exam)
    return exam, [*every, dose.report(exam, series, report)] if report else every


def complaints(tool: str, *paths: Path) -> list[str]:
    """What a tool finds wrong."""
    done = subprocess.run([tool, *paths], capture_output=True, text=True, timeout=60, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if " - " in line]
    assert done.returncode == 0, said
    return [line for line in said if not any(words in line for words in EXTENDED)]


@pytest.mark.parametrize(("modality", "description"), EXAMS)
def test_dciodvfy_finds_nothing_wrong(tmp_path: Path, modality: str, description: str) -> None:
    _, every = made(modality, description)
    paths = [tmp_path / f"{number}.dcm" for number in range(len(every))]
    for path, one in zip(paths, every, strict=True):
        one.save_as(path, enforce_file_format=True)

    assert [complaints("dciodvfy", path) for path in paths] == [[]] * len(paths)
    images = [path for path, one in zip(paths, every, strict=True) if one.Modality != "SR"]
    assert complaints("dcentvfy", *images) == []


def test_dciodvfy_would_find_it(tmp_path: Path) -> None:
    _, (image, *_) = made("CT", "Scanner du crâne")
    del image.RescaleSlope
    path = tmp_path / "image.dcm"
    image.save_as(path, enforce_file_format=True)
    with pytest.raises(AssertionError, match="Error - Missing attribute"):
        complaints("dciodvfy", path)
