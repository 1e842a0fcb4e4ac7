"""What the hub does with each instance that arrives, good or bad."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import LocalStore
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

import make
from images.instances import CT, as_file, ct
from plateau.images import service
from plateau.images.formats import header, part10
from plateau.images.types import Arrival, Origin
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx


def receive(tx: Tx, blobs: Blobs, content: bytes, origin: Origin = CT) -> None:
    service.receive(tx, blobs, content=content, origin=origin, now=make.NIGHT)


def stored(tx: Tx) -> int:
    return tx.value("select count(*) from images.instance")


def test_an_instance_is_kept_as_received_with_its_study_and_series(tx: Tx, blobs: Blobs) -> None:
    world = make.a_world(tx)
    image = ct()
    content = as_file(image)

    receive(tx, blobs, content)

    study = service.study_of(tx, image.StudyInstanceUID)
    assert study is not None
    assert (study.patient_id, study.site_id) == (world.patient_id, world.site_id)
    assert (study.instances, study.series, study.modalities) == (1, 1, ["CT"])
    assert (study.description, study.accession_number) == ("Tête", "ACC1")
    assert study.started_at == make.NIGHT  # 02:00 on the machine's clock
    assert study.state == "receiving"
    key = tx.value("select blob_key from images.instance")
    offset = tx.value("select pixel_offset from images.instance")
    assert blobs.get(key) == content
    assert blobs.get_range(key, offset, 32) == image.PixelData


def test_metadata_is_dicom_json_whose_pixels_are_an_address(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    receive(tx, blobs, as_file(image))

    metadata = tx.value("select metadata from images.instance")

    assert metadata["00081030"] == {"vr": "LO", "Value": ["Tête"]}
    assert metadata["00280010"] == {"vr": "US", "Value": [4]}
    assert metadata["7FE00010"]["BulkDataURI"].endswith(
        f"/instances/{image.SOPInstanceUID}/bulkdata/7FE00010"
    )


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_implicit.dcm",
        "JPEG2000.dcm",
        "SC_rgb_rle_2frame.dcm",
        "waveform_ecg.dcm",
    ],
)
def test_files_of_others_are_received(tx: Tx, blobs: Blobs, name: str) -> None:
    world = make.a_world(tx)
    content = Path(str(get_testdata_file(name))).read_bytes()
    local_id = header.read(content).local_id
    tx.run(
        "insert into patients.identifier values (%(site)s, %(value)s, %(patient)s)",
        site=world.site_id,
        value=local_id,
        patient=world.patient_id,
    )

    receive(tx, blobs, content)

    assert stored(tx) == 1


def test_the_same_instance_twice_is_kept_once(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    receive(tx, blobs, as_file(image))
    receive(tx, blobs, as_file(image))

    study = service.study_of(tx, image.StudyInstanceUID)
    assert stored(tx) == 1
    assert study
    assert study.instances == 1


def test_the_same_uid_with_other_content_is_refused(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    receive(tx, blobs, as_file(image))
    image.PixelData = bytes(32)

    with pytest.raises(ConflictError, match="stored with other content"):
        receive(tx, blobs, as_file(image))


def test_an_unknown_ae_title_is_refused(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    with pytest.raises(NotFoundError, match="calling AE title not recognised"):
        receive(tx, blobs, as_file(ct()), replace(CT, ae_title="STRANGER"))


def test_a_machine_withdrawn_yesterday_is_refused(tx: Tx, blobs: Blobs) -> None:
    world = make.a_world(tx)
    tx.run(
        "update territory.device set valid_to = %(day)s where site_id = %(site)s",
        day=make.NIGHT.date(),
        site=world.site_id,
    )
    with pytest.raises(NotFoundError, match="calling AE title not recognised"):
        receive(tx, blobs, as_file(ct()))


def test_an_unknown_patient_is_refused(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    for patient in ("NOBODY", ""):
        with pytest.raises(NotFoundError, match="PatientID is not known"):
            receive(tx, blobs, as_file(ct(patient=patient)))
    assert stored(tx) == 0


def test_a_study_known_with_another_patient_is_refused(tx: Tx, blobs: Blobs) -> None:
    world = make.a_world(tx)
    make.a_patient(tx, world.site_id, "IPP-TEST-2")
    image = ct()
    receive(tx, blobs, as_file(image))
    with pytest.raises(ConflictError, match="known with another patient"):
        receive(tx, blobs, as_file(ct(image.StudyInstanceUID, patient="IPP-TEST-2")))


def test_a_series_known_in_another_study_is_refused(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    first, other = ct(), ct()
    receive(tx, blobs, as_file(first))
    other.SeriesInstanceUID = first.SeriesInstanceUID
    with pytest.raises(ConflictError, match="known in another study"):
        receive(tx, blobs, as_file(other))


def test_an_object_that_is_not_dicom_is_refused(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    garbage = part10.wrap(
        b"%PDF-1.7 not an image at all" * 20,
        sop_class_uid="1.2",
        sop_instance_uid="1.3",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    for content in (b"", b"hello", garbage):
        with pytest.raises(InvalidInputError, match="DICOM object"):
            receive(tx, blobs, content)


def test_a_truncated_object_is_refused_wherever_it_was_cut(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    content = as_file(ct())
    for length in (len(content) - 1, len(content) - 33, 400, 300, 140):
        with pytest.raises(InvalidInputError):
            receive(tx, blobs, content[:length])
    assert stored(tx) == 0


def test_an_object_without_its_uids_is_refused_with_their_names(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    image.StudyInstanceUID = ""
    image.SeriesInstanceUID = "not a uid"
    with pytest.raises(InvalidInputError, match="Study Instance UID, Series Instance UID"):
        receive(tx, blobs, as_file(image))


def test_sequences_deeper_than_reason_are_refused(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    opened = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    content = part10.wrap(
        opened * 5000,
        sop_class_uid="1.2",
        sop_instance_uid="1.3",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    with pytest.raises(InvalidInputError, match="nested"):
        receive(tx, blobs, content)


def test_a_full_disk_is_refused_and_leaves_nothing(db: Db, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    blobs = Blobs(LocalStore(folder))
    image = ct()
    content = as_file(image)
    for prefix in range(256):  # no file fits under a name that is itself a file
        (folder / f"{prefix:02x}").write_bytes(b"")
    with db.begin() as tx:
        make.a_world(tx)
    with pytest.raises(UnavailableError), db.begin() as tx:
        receive(tx, blobs, content)
    with db.begin() as tx:
        assert stored(tx) == 0
        assert service.study_of(tx, image.StudyInstanceUID) is None


def test_silence_completes_a_study_that_nobody_announced(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    receive(tx, blobs, as_file(image))

    assert service.settle(tx, now=make.NIGHT + timedelta(seconds=29)) == 0
    assert service.settle(tx, now=make.NIGHT + timedelta(seconds=30)) == 1
    assert service.settle(tx, now=make.NIGHT + timedelta(hours=1)) == 0
    study = service.study_of(tx, image.StudyInstanceUID)
    assert study
    assert study.state == "complete"


def test_a_late_instance_is_stored_and_the_study_stays_complete(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct()
    receive(tx, blobs, as_file(image))
    service.settle(tx, now=make.NIGHT + timedelta(minutes=1))

    receive(tx, blobs, as_file(ct(image.StudyInstanceUID, 2)))

    study = service.study_of(tx, image.StudyInstanceUID)
    assert study
    assert (study.state, study.instances) == ("complete", 2)


def test_priors_are_the_patient_s_earlier_studies(tx: Tx, blobs: Blobs) -> None:
    world = make.a_world(tx)
    make.a_patient(tx, world.site_id, "IPP-TEST-2")
    now, before, later, other = ct(), ct(), ct(), ct(patient="IPP-TEST-2")
    before.StudyDate, later.StudyDate = "20250101", "20261125"
    for image in (now, before, later, other):
        receive(tx, blobs, as_file(image))

    found = service.priors(tx, patient_id=world.patient_id, before_study_uid=now.StudyInstanceUID)

    assert [study.study_uid for study in found] == [before.StudyInstanceUID]
    unborn = service.priors(tx, patient_id=world.patient_id, before_study_uid=generate_uid())
    assert [study.study_uid for study in unborn] == [
        image.StudyInstanceUID for image in (later, now, before)
    ]


def test_two_patients_who_come_together_in_one_new_study_are_told_apart(
    tx: Tx, blobs: Blobs
) -> None:
    world = make.a_world(tx)
    make.a_patient(tx, world.site_id, "IPP-TEST-2")
    image = ct()
    contents = [as_file(one) for one in (image, ct(image.StudyInstanceUID, patient="IPP-TEST-2"))]
    together = [
        Arrival(header.read(content), blobs.put(content), len(content), CT) for content in contents
    ]

    problems = service.index(tx, blobs, together, now=make.NIGHT, quiet=timedelta(seconds=30))

    assert [str(problems[place]) for place in problems] == [
        "this study is known with another patient"
    ]
    assert stored(tx) == 1


def test_new_series_of_several_modalities_that_come_together_are_listed(
    tx: Tx, blobs: Blobs
) -> None:
    make.a_world(tx)
    first = ct()
    images = [ct(first.StudyInstanceUID) for _ in range(3)]
    for image, modality in zip(images, ("CT", "SR", "CT"), strict=True):
        image.Modality, image.SeriesInstanceUID = modality, generate_uid()
    contents = [as_file(one) for one in images]
    together = [
        Arrival(header.read(content), blobs.put(content), len(content), CT) for content in contents
    ]

    assert not service.index(tx, blobs, together, now=make.NIGHT, quiet=timedelta(seconds=30))
    first.Modality, first.SeriesInstanceUID = "PT", generate_uid()
    receive(tx, blobs, as_file(first))

    study = service.study_of(tx, first.StudyInstanceUID)
    assert study is not None
    assert (study.modalities, study.series, study.instances) == (["CT", "SR", "PT"], 4, 4)
    listed = tx.value("select modalities from images.listing")
    assert listed == ["CT", "SR", "PT"]
