"""The objects are valid DICOM: read back by pydicom and by DCMTK, with a geometry that holds."""

import subprocess
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    MRImageStorage,
    XRayRadiationDoseSRStorage,
)

from outside import dose, exams, objects, phantom, spool, steps
from outside.exams import Exam, Machine
from outside.phantom import Part, Series

Items = Callable[..., Dataset]
NIGHT = datetime(2026, 9, 14, 2, 5, tzinfo=ZoneInfo("Europe/Paris"))
CASES = [
    ("CT", "Scanner du crâne", Part.HEAD_CT, CTImageStorage),
    ("CT", "TDM abdomino-pelvien", Part.ABDOMEN_CT, CTImageStorage),
    ("DX", "Radiographie du thorax", Part.CHEST_DX, DigitalXRayImageStorageForPresentation),
    ("MR", "IRM cérébrale", Part.HEAD_MR, MRImageStorage),
]


def made(item: Dataset, modality: str, slices: int = 15) -> tuple[Exam, tuple[Series, ...]]:
    machine = Machine(
        ae_title="CT_EXEMPLE", modality=modality, host="127.0.0.1", port=1, called="PLATEAU"
    )
    exam = exams.begin(machine, item, seed=4, slices=slices, now=NIGHT, speed=1)
    return exam, phantom.draw(exams.part_of(exam), exam.seed, exam.slices)


def images(exam: Exam, series: tuple[Series, ...]) -> list[Dataset]:
    return [objects.image(exam, series[i.series], i) for i in objects.instances(exam, series)]


def one_image(exam: Exam, series: tuple[Series, ...], place: int = 0) -> Dataset:
    named = list(objects.instances(exam, series))[place]
    return objects.image(exam, series[named.series], named)


def dcmtk(tool: str, path: Path) -> str:
    run = subprocess.run([tool, path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    warnings = [line for line in run.stderr.splitlines() if "Specific Character Set" not in line]
    assert warnings == []
    return run.stdout


@pytest.mark.parametrize(("modality", "description", "part", "sop_class"), CASES)
def test_an_image_is_written_and_read_back(
    item: Items, tmp_path: Path, *, modality: str, description: str, part: Part, sop_class: str
) -> None:
    order = item(description)
    exam, series = made(order, modality)
    assert exams.part_of(exam) is part
    original = one_image(exam, series, -1)
    path = tmp_path / "image.dcm"
    original.save_as(path, enforce_file_format=True)

    read = pydicom.dcmread(path)

    assert read == original
    assert read.SOPClassUID == sop_class == read.file_meta.MediaStorageSOPClassUID
    assert read.PatientName == "EXEMPLE^Zoé"
    assert read.StudyInstanceUID == order.StudyInstanceUID
    assert read.AccessionNumber == order.AccessionNumber
    assert read.RequestAttributesSequence[0].ScheduledProcedureStepID == "SPS1"
    assert (read.BitsAllocated, read.BitsStored, read.HighBit) == (16, 12, 11)
    assert read.pixel_array.shape == (read.Rows, read.Columns)
    assert "PixelData" in dcmtk("dcmdump", path)


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_planes_are_parallel_evenly_spaced_and_in_one_frame(item: Items, modality: str) -> None:
    stack = [ds for ds in images(*made(item(), modality, 20)) if ds.SeriesNumber == 1]

    assert len({ds.FrameOfReferenceUID for ds in stack}) == 1
    assert {tuple(ds.ImageOrientationPatient) for ds in stack} == {(1, 0, 0, 0, 1, 0)}
    heights = [float(ds.ImagePositionPatient[2]) for ds in stack]
    assert np.allclose([b - a for a, b in pairwise(heights)], stack[0].SpacingBetweenSlices)
    assert [ds.InstanceNumber for ds in stack] == list(range(1, len(stack) + 1))
    middle = float(stack[0].ImagePositionPatient[0]) + (stack[0].Columns - 1) / 2 * float(
        stack[0].PixelSpacing[1]
    )
    assert abs(middle) < 0.001


def test_every_uid_of_an_exam_is_its_own_and_comes_back_the_same(item: Items) -> None:
    order = item()
    first, again = (images(*made(order, "MR")) for _ in range(2))

    assert first == again
    assert len({ds.SOPInstanceUID for ds in first}) == len(first)
    assert len({ds.SeriesInstanceUID for ds in first}) == 3
    other = objects.instances(*made(item(number=2), "MR"))
    assert not {ds.SOPInstanceUID for ds in first} & {named.sop_uid for named in other}


@pytest.mark.parametrize(
    ("description", "low", "high"), [("Crâne", 650, 950), ("Abdomen", 300, 500)]
)
def test_a_ct_dose_report_is_valid_and_adds_up(
    item: Items, tmp_path: Path, *, description: str, low: float, high: float
) -> None:
    exam, series = made(item(description), "CT", 120)
    named = dose.instance(exam)
    assert named is not None
    report = dose.report(exam, series, named)
    path = tmp_path / "dose.dcm"
    report.save_as(path, enforce_file_format=True)

    text = dcmtk("dsrdump", path)

    read = pydicom.dcmread(path)
    assert read.SOPClassUID == XRayRadiationDoseSRStorage
    assert read.ContentTemplateSequence[0].TemplateIdentifier == "10011"
    for concept in ("Device Observer UID", "CTDIw Phantom Type", "Scanning Length", "KVP"):
        assert concept in text
    (total,) = numbers(read, "113813")
    assert low < total < high
    assert total == pytest.approx(sum(numbers(read, "113838")), abs=0.05)
    assert numbers(read, "113812") == [len(numbers(read, "113830"))]
    assert one_image(exam, series).CTDIvol in numbers(read, "113830")


def test_a_radiograph_dose_report_is_valid(item: Items, tmp_path: Path) -> None:
    exam, series = made(item("Thorax"), "DX")
    named = dose.instance(exam)
    assert named is not None
    path = tmp_path / "dose.dcm"
    dose.report(exam, series, named).save_as(path, enforce_file_format=True)

    assert "Dose Area Product Total" in dcmtk("dsrdump", path)
    (product,) = numbers(pydicom.dcmread(path), "113722")
    (image,) = images(exam, series)
    assert product * 1e5 == pytest.approx(float(image.ImageAndFluoroscopyAreaDoseProduct))


def test_an_mri_has_no_dose_report(item: Items) -> None:
    assert dose.instance(made(item("IRM"), "MR")[0]) is None


def numbers(ds: Dataset, code: str) -> list[float]:
    found: list[float] = []
    for content in ds.get("ContentSequence", []):
        if content.ValueType == "NUM" and content.ConceptNameCodeSequence[0].CodeValue == code:
            found.append(float(content.MeasuredValueSequence[0].NumericValue))
        found.extend(numbers(content, code))
    return found


def test_the_closed_step_names_every_object_once(item: Items) -> None:
    exam, series = made(item(), "CT", 5)
    closing = steps.closing(exam, series)

    named = [
        pointer.ReferencedSOPInstanceUID
        for one in closing.PerformedSeriesSequence
        for pointer in (
            *one.ReferencedImageSequence,
            *one.ReferencedNonImageCompositeSOPInstanceSequence,
        )
    ]
    report = dose.instance(exam)
    assert report is not None
    assert named == [ds.SOPInstanceUID for ds in images(exam, series)] + [report.sop_uid]


def test_a_spooled_exam_gives_the_same_objects_after_a_restart(item: Items, tmp_path: Path) -> None:
    exam, series = made(item(), "CT")
    where = spool.open_spool(tmp_path)
    spool.keep(where, exam)

    (found,) = spool.pending(spool.open_spool(tmp_path))

    same = phantom.draw(exams.part_of(found), found.seed, found.slices)
    assert one_image(found, same, 3) == one_image(exam, series, 3)
    spool.close(where, found)
    assert spool.pending(where) == []
    assert spool.knows(where, exam.step_uid)
