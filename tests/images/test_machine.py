"""A whole exam of each kind of the demonstration's machines, through the hub's DICOM doors."""

from datetime import datetime, timedelta

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

import make
from images.instances import running
from outside import dose, exams, link, objects, phantom, steps
from outside.exams import Machine
from plateau.images import service
from plateau.images.types import Dose, Study
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub


def ordered(modality: str) -> Dataset:
    """A worklist item as the hub would answer it."""
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = modality, f"{modality}_TEST"
    step.ScheduledProcedureStepID = "SPS1"
    step.ScheduledProcedureStepDescription = "Examen fictif"
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 192"
    item.AccessionNumber, item.RequestedProcedureID = "ACC1", "RP1"
    item.StudyInstanceUID = generate_uid()
    item.RequestedProcedureDescription = "Examen fictif"
    item.PatientName, item.PatientID = "TESTINVENTE^Camille", "IPP-TEST-1"
    item.PatientBirthDate, item.PatientSex = "19500203", "F"
    item.ScheduledProcedureStepSequence = [step]
    return item


def perform(port: int, modality: str, now: datetime = make.NIGHT) -> tuple[str, int]:
    """The study that the machine made and sent, and how many objects it is."""
    machine = Machine(
        ae_title=f"{modality}_TEST",
        modality=modality,
        host="127.0.0.1",
        port=port,
        called="PLATEAU",
    )
    item = ordered(modality)
    exam = exams.begin(machine, item, seed=1, slices=4, now=now, speed=60)
    series = phantom.draw(exams.part_of(exam), exam.seed, exam.slices)
    made = list(objects.instances(exam, series))
    with link.associate(machine) as line:
        link.create_step(line, steps.opening(exam), exam.step_uid)
        for one in made:
            link.store(line, objects.image(exam, series[one.series], one))
        named = dose.instance(exam)
        if named:
            link.store(line, dose.report(exam, series, named))
        link.set_step(line, steps.closing(exam, series), exam.step_uid)
    return item.StudyInstanceUID, len(made) + (named is not None)


def sent(db: Db, blobs: Blobs, modality: str) -> tuple[Study, int, Dose | None]:
    """What the hub has of a performed exam, how many objects were sent, and their dose."""
    with db.begin() as tx:
        world = make.a_world(tx)
        if modality != "CT":
            make.a_device(tx, world.site_id, f"{modality}_TEST", modality)
    with running(Hub(db, blobs)) as port:
        study_uid, count = perform(port, modality)
    with db.begin() as tx:
        study = service.study_of(tx, study_uid)
        assert study
        return study, count, service.dose_of(tx, blobs, study_uid=study_uid)


@pytest.mark.parametrize("days", [-3, 3])
def test_a_machine_whose_clock_is_wrong_changes_no_delay(db: Db, blobs: Blobs, days: int) -> None:
    """What we saw is dated by our clock, and only what the machine says of itself by its own."""
    with db.begin() as tx:
        make.a_world(tx)
    theirs, before = clock.now() + timedelta(days=days), clock.now()
    with running(Hub(db, blobs)) as port:
        study_uid, _ = perform(port, "CT", theirs)
    with db.begin() as tx:
        seen = tx.values(
            """
            select unnest(array[first_instance_at, last_instance_at, complete_at])
            from images.study where study_uid = %(uid)s
            """,
            uid=study_uid,
        )
        started = tx.value(
            "select started_at from images.study where study_uid = %(uid)s", uid=study_uid
        )
    assert all(before <= at <= clock.now() for at in seen)
    assert abs(started - theirs) < timedelta(hours=12)


@pytest.mark.parametrize("modality", ["CT", "DX", "MR"])
def test_an_exam_is_complete_when_its_machine_has_sent_it(
    db: Db, blobs: Blobs, modality: str
) -> None:
    study, count, _ = sent(db, blobs, modality)
    assert (study.state, study.instances, study.announced) == ("complete", count, count)
    assert study.accession_number == "ACC1"


def test_the_dose_of_a_ct_is_read(db: Db, blobs: Blobs) -> None:
    _, _, dose = sent(db, blobs, "CT")
    assert dose
    assert dose.ctdi_vol_mgy
    assert dose.dlp_mgy_cm
    assert dose.device


def test_the_dose_of_a_radiograph_is_read(db: Db, blobs: Blobs) -> None:
    _, _, dose = sent(db, blobs, "DX")
    assert dose
    assert dose.dap_mgy_cm2


def test_an_mri_has_no_dose(db: Db, blobs: Blobs) -> None:
    assert sent(db, blobs, "MR")[2] is None
