"""dicomweb-client, which we did not write, searches, retrieves and stores."""

from collections.abc import Iterator
from io import BytesIO
from urllib.parse import urljoin

import pytest
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.uid import generate_uid

import make
import requests
from images import web
from images.instances import as_file, ct
from plateau.kernel.caller import Caller, Role
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def judge(db: Db, blobs: Blobs, world: make.World) -> Iterator[DICOMwebClient]:
    roles = {role: frozenset({world.site_id}) for role in (Role.READER, Role.TECHNOLOGIST)}
    caller = Caller(person_id=world.reader_id, name="Dr Essai", roles=roles, csrf="c")
    with (
        web.served(web.application(db, blobs, caller)) as address,
        requests.Session() as session,
    ):
        session.headers["X-CSRF-Token"] = "c"
        yield DICOMwebClient(f"{address}/dicom-web", session=session)


@pytest.fixture
def study(db: Db, blobs: Blobs, world: make.World) -> list[Dataset]:
    """One series of five images."""
    uid = generate_uid()
    images = [ct(uid, number) for number in range(1, 6)]
    web.keep(db, blobs, *map(as_file, images))
    return images


def place(image: Dataset) -> tuple[str, str, str]:
    return image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID


def test_it_searches_at_every_level(judge: DICOMwebClient, study: list[Dataset]) -> None:
    study_uid, series_uid, _ = place(study[0])

    (found,) = judge.search_for_studies(search_filters={"PatientName": "TEST*"}, limit=10)
    (series,) = judge.search_for_series(study_uid, fields=["SeriesDescription"])
    every = judge.search_for_instances(study_uid, series_uid)
    some = judge.search_for_instances(study_uid, series_uid, limit=2, offset=3)
    rest = judge.search_for_instances(study_uid, series_uid, limit=2, get_remaining=True)

    assert Dataset.from_json(found).StudyInstanceUID == study_uid
    assert Dataset.from_json(series).SeriesInstanceUID == series_uid
    uids = [str(image.SOPInstanceUID) for image in study]
    assert [Dataset.from_json(one).SOPInstanceUID for one in every] == uids
    assert [Dataset.from_json(one).SOPInstanceUID for one in some] == uids[3:]
    assert [Dataset.from_json(one).SOPInstanceUID for one in rest] == uids


def test_it_retrieves_what_was_stored(judge: DICOMwebClient, study: list[Dataset]) -> None:
    study_uid, series_uid, uid = place(study[0])

    whole = judge.retrieve_study(study_uid)
    alone = judge.retrieve_instance(study_uid, series_uid, uid)
    series = list(judge.iter_series(study_uid, series_uid))

    assert [one.SOPInstanceUID for one in whole] == [one.SOPInstanceUID for one in study]
    assert [one.PixelData for one in series] == [one.PixelData for one in study]
    assert alone == whole[0]


def test_it_reads_metadata_at_every_level(judge: DICOMwebClient, study: list[Dataset]) -> None:
    study_uid, series_uid, uid = place(study[0])
    of_study = judge.retrieve_study_metadata(study_uid)
    of_series = judge.retrieve_series_metadata(study_uid, series_uid)
    of_instance = judge.retrieve_instance_metadata(study_uid, series_uid, uid)
    assert of_study == of_series
    assert of_series[0] == of_instance

    def bulk(uri: str) -> bytes:
        return judge.retrieve_bulkdata(urljoin(judge.base_url, uri))[0]  # it is relative

    told = Dataset.from_json(of_instance, bulk_data_uri_handler=bulk)
    assert bytes(told.PixelData) == study[0].PixelData
    assert told.Rows == study[0].Rows


@pytest.mark.parametrize(
    "name", ["MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm"]
)
def test_it_reads_frames_as_stored_and_decoded(
    db: Db, blobs: Blobs, judge: DICOMwebClient, world: make.World, name: str
) -> None:
    found = web.keep_file(db, blobs, world, name)
    original = dcmread(BytesIO(web.a_file(name)))
    at = (found.study_uid, found.series_uid, found.sop_instance_uid)

    (native,) = judge.retrieve_instance_frames(
        *at, [1], media_types=(("application/octet-stream", EXPLICIT),)
    )
    (kept,) = judge.retrieve_instance_frames(*at, [1])
    picture = judge.retrieve_instance_rendered(*at, media_types=("image/png",))

    assert kept == get_frame(original.PixelData, 0, number_of_frames=1)
    assert native == original.pixel_array.tobytes()
    assert Image.open(BytesIO(picture)).size == (original.Columns, original.Rows)


def test_it_stores(judge: DICOMwebClient) -> None:
    image = ct(generate_uid())
    image.PatientID = "IPP-TEST-1"
    answer = judge.store_instances([dcmread(BytesIO(as_file(image)))])
    assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == [
        image.SOPInstanceUID
    ]
    kept = judge.retrieve_instance(*place(image))
    assert kept.PixelData == image.PixelData


def test_it_is_told_what_is_not_there(judge: DICOMwebClient, study: list[Dataset]) -> None:
    with pytest.raises(requests.HTTPError, match="404"):
        judge.retrieve_instance(*place(study[0])[:2], "1.2.3")
    assert judge.search_for_studies(search_filters={"AccessionNumber": "NONE"}) == []
