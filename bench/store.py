"""How many CT images a second the hub keeps: four machines send at once, with DCMTK's client.

The peer is Orthanc as its package configures it, when `Orthanc` is installed.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from harness import Result, Target, median_of, report, seconds
from plateau.images.scp import dimse_server
from plateau.kernel.ids import SiteId
from plateau.patients import service as patients
from plateau.patients.types import Traits
from plateau.platform.blobs import open_folder
from plateau.platform.db import Db, Tx, open_pool
from plateau.platform.dimse import Hub
from plateau.platform.embedded import Postgres
from plateau.platform.live import Notifier
from plateau.platform.migrate import migrate
from plateau.platform.settings import Settings

INSTANCES = 400
MACHINES = 4
RUNS = 3
SIDE = 512
LOCAL_ID = "IPP-BANC-1"


def study(folder: Path, count: int) -> Path:
    """A folder of `count` images of one invented study, each half a megabyte of noise."""
    folder.mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 4096, (SIDE, SIDE), np.uint16).tobytes()
    study_uid, series_uid = generate_uid(), generate_uid()
    for number in range(1, count + 1):
        image = Dataset()
        image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID = study_uid, series_uid
        image.StudyDate, image.StudyTime = "20261124", "020000"
        image.PatientID, image.PatientName = LOCAL_ID, "TESTINVENTE^Banc"
        image.Modality, image.InstanceNumber, image.SeriesNumber = "CT", number, 1
        image.ImagePositionPatient = [-125.0, -125.0, float(number)]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [0.488, 0.488], 1.25
        image.RescaleIntercept, image.RescaleSlope = -1024, 1
        image.WindowCenter, image.WindowWidth = 40, 80
        image.Rows = image.Columns = SIDE
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
        image.PixelRepresentation, image.SamplesPerPixel = 0, 1
        image.PhotometricInterpretation = "MONOCHROME2"
        image.PixelData = noise
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)
    return folder


def send(port: int, folders: list[Path]) -> None:
    """Every folder at once, each over an association of its own."""
    clients = [
        subprocess.Popen(
            ["storescu", "-aet", "CT_BANC", "-aec", "PLATEAU", "+sd", "127.0.0.1", str(port), path]
        )
        for path in folders
    ]
    assert [client.wait() for client in clients] == [0] * len(clients)


def rate(folder: Path, port: int) -> float:
    """Images a second, of studies that the server has not seen yet."""
    fresh = folder / uuid4().hex
    folders = [study(fresh / str(n), INSTANCES // MACHINES) for n in range(MACHINES)]
    elapsed = seconds(lambda: send(port, folders))
    shutil.rmtree(fresh)
    return INSTANCES / elapsed


@contextmanager
def hub(folder: Path) -> Generator[int]:
    """The port of a hub on a database and a folder of its own."""
    server = Postgres(folder=folder / "pg")
    url = server.start()
    try:
        migrate(url)
        with open_pool(url, size=16) as pool:
            db = Db(pool, Notifier(url))
            with db.begin() as tx:
                a_machine(tx)
            running = dimse_server(
                Settings(dicom_port=0), Hub(db, open_folder(folder / "blobs")), []
            )
            yield int(running.server_address[1])
            running.shutdown()
    finally:
        server.stop()


def a_machine(tx: Tx) -> None:
    """The least territory that accepts what is sent."""
    member_id, site_id = uuid4(), SiteId(uuid4())
    since = date(2020, 1, 1)
    tx.run(
        """
        insert into territory.member (member_id, code, name, valid_from)
        values (%(id)s, 'BANC', 'Banc', %(since)s)
        """,
        id=member_id,
        since=since,
    )
    tx.run(
        """
        insert into territory.site
          (site_id, code, member_id, name, town, latitude, longitude, valid_from)
        values (%(id)s, 'BANC', %(member)s, 'Banc', 'Ville-Test', 43.3, -1.0, %(since)s)
        """,
        id=site_id,
        member=member_id,
        since=since,
    )
    tx.run(
        """
        insert into territory.device (device_id, site_id, ae_title, modality, name, valid_from)
        values (%(id)s, %(site)s, 'CT_BANC', 'CT', 'CT', %(since)s)
        """,
        id=uuid4(),
        site=site_id,
        since=since,
    )
    traits = Traits(surname="Testinvente", first_name="Banc", birth_on=since, sex="U")
    patients.identify(tx, site_id=site_id, local_id=LOCAL_ID, traits=traits, at=datetime.now(UTC))


@contextmanager
def orthanc(folder: Path) -> Generator[int]:
    """The port of an Orthanc on a folder of its own, otherwise as it is by default."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    chosen = {
        "StorageDirectory": str(folder / "orthanc"),
        "DicomPort": port,
        "DicomAet": "PLATEAU",
        "HttpServerEnabled": False,
        "DicomAlwaysAllowStore": True,
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(chosen), "utf-8")
    process = subprocess.Popen(["Orthanc", path], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port))
        yield port
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Whether a server answers a C-ECHO."""
    command = ["echoscu", "-aec", "PLATEAU", "127.0.0.1", str(port)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def wait_for(ready: Callable[[], bool]) -> None:
    """Wait at most half a minute."""
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline, "the peer does not start"
        time.sleep(0.1)


def main() -> None:
    """Measure the hub, then the peer when there is one."""
    with TemporaryDirectory() as name, hub(Path(name)) as port:
        value = median_of(RUNS, lambda: rate(Path(name), port))
    peer = None
    if shutil.which("Orthanc"):
        with TemporaryDirectory() as name, orthanc(Path(name)) as port:
            peer = median_of(RUNS, lambda: rate(Path(name), port))
    result = Result(
        name=f"C-STORE, CT of 0.5 MB, {MACHINES} associations",
        value=value,
        unit="images/s",
        peer="Orthanc, package defaults" if peer else None,
        peer_value=peer,
        target=Target(bound=1.0, of="ratio", better="higher"),
    )
    report("store", [result])


if __name__ == "__main__":
    main()
