"""Others are told what can be had here, and what they tell us is recorded."""

import json
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE

import make
from images.archives import a_peer, an_archive
from images.instances import as_file, ct, running
from images.web import keep
from plateau.images import jobs, service
from plateau.images.availability import service as availability
from plateau.images.availability.messages import SERVICE
from plateau.images.events import AvailabilityChanged
from plateau.kernel.errors import UnavailableError
from plateau.kernel.ids import StudyId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.resting import rested


@pytest.fixture
def study(db: Db, blobs: Blobs) -> StudyId:
    """A study of two images, one of which is hidden."""
    with db.begin() as tx:
        make.a_world(tx)
    first = ct()
    second = ct(first.StudyInstanceUID, 2)
    keep(db, blobs, as_file(first), as_file(second))
    with db.begin() as tx:
        tx.run(
            "with gone as (delete from images.instance where sop_instance_uid = %(uid)s"
            " returning *) insert into images.hidden select * from gone",
            uid=second.SOPInstanceUID,
        )
        found = service.study_of(tx, first.StudyInstanceUID)
    assert found
    return found.study_id


def told(folder: Path) -> list[str]:
    (line,) = (folder / "told.jsonl").read_text().splitlines()
    (series,) = json.loads(line)["00081115"]["Value"]
    return sorted(one["00080056"]["Value"][0] for one in series["00081199"]["Value"])


def test_who_wants_to_know_is_told_what_can_be_had_and_what_is_hidden(
    db: Db, study: StudyId, tmp_path: Path
) -> None:
    with an_archive(tmp_path / "archive") as port:
        a_peer(db, port, wants=True)
        with db.begin() as tx:
            titles = availability.plan(tx, study, now=make.NIGHT)
        jobs.tell_availability(AvailabilityChanged(study_id=study, ae_title="ARCHIVE"))
    assert titles == ["ARCHIVE"]
    assert told(tmp_path / "archive") == ["ONLINE", "UNAVAILABLE"]
    with db.begin() as tx:
        assert tx.value("select online || '/' || unavailable from images.availability_told") == (
            "1/1"
        )


def test_who_does_not_want_to_know_or_is_of_another_site_is_not_told(
    db: Db, study: StudyId
) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "ELSEWHERE")
    a_peer(db, 1, wants=True, site=elsewhere)
    with db.begin() as tx:
        assert availability.plan(tx, study, now=make.NIGHT) == []


def test_a_system_that_does_not_answer_is_told_later(db: Db, study: StudyId) -> None:
    a_peer(db, 1, wants=True)
    with pytest.raises(UnavailableError):
        jobs.tell_availability(AvailabilityChanged(study_id=study, ae_title="ARCHIVE"))


def notification(availability: str) -> Dataset:
    item, series, said = Dataset(), Dataset(), Dataset()
    item.ReferencedSOPInstanceUID, item.InstanceAvailability = "2.25.3", availability
    item.RetrieveAETitle = "ARCHIVE"
    series.SeriesInstanceUID, series.ReferencedSOPSequence = "2.25.2", [item]
    said.StudyInstanceUID, said.ReferencedSeriesSequence = "2.25.1", [series]
    return said


def test_what_an_archive_says_is_recorded_and_nobody_else_s(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        make.a_world(tx)
    a_peer(db, 1)
    statuses: list[int] = []
    with running(Hub(db, blobs)) as port:
        for title, word in (
            *(("ARCHIVE", "ONLINE"), ("ARCHIVE", "NEARLINE")),
            *(("ARCHIVE", "SOMEWHERE"), ("CT_TEST", "ONLINE")),
        ):
            client = AE(title)
            client.add_requested_context(SERVICE, ExplicitVRLittleEndian)
            line = rested(client.associate("127.0.0.1", port, ae_title="PLATEAU"))
            status, _ = line.send_n_create(notification(word), SERVICE, generate_uid())
            statuses.append(status.Status)
            line.release()
    with db.begin() as tx:
        found = tx.values("select ae_title || ' ' || availability from images.availability")
    assert statuses == [0, 0, 0x0106, 0x0112]
    assert found == ["ARCHIVE NEARLINE"]
