"""A reader opens 1,000 slices in the viewer, from a browser that has seen nothing yet."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from browser.scene import Scene
from outside import link
from outside.exams import Machine
from plateau.entry.demo.show import Show
from plateau.platform.resting import rested

Open = Callable[..., Page]
READER = "lecteur1"
SLICES, SENDERS = 1_000, 4
GREYS = 20
DRAWN_MS = 60_000


def test_ohif_opens_a_study_of_1000_slices(open_page: Open, pool: Show, scene: Scene) -> None:
    asked = scene.ask("MILLEFEUILLE")
    local_id = patient_of(pool, str(asked.request_id))
    study_uid = generate_uid()
    send(pool, [a_slice(study_uid, local_id, number) for number in range(1, SLICES + 1)])

    page = open_page(READER, f"/images/studies/{study_uid}")
    expect(page.locator("#study")).to_contain_text("1\N{NARROW NO-BREAK SPACE}000")
    with page.context.expect_page() as opening:
        page.keyboard.press("v")
    viewer = opening.value

    viewer.locator("canvas").first.wait_for(timeout=DRAWN_MS)
    Scene.wait_for(lambda: greys(viewer) > GREYS, "the first image is drawn", seconds=60)
    expect(viewer.get_by_text("/1000)").first).to_be_visible(timeout=DRAWN_MS)


def patient_of(pool: Show, request_id: str) -> str:
    """The identifier that a site gave to whom a request is about."""
    with pool.db.begin() as tx:
        return tx.value(
            """
            select i.value from requests.request r
            join patients.identifier i on i.patient_id = r.patient_id and i.site_id = r.site_id
            where r.request_id = %(id)s
            """,
            id=request_id,
        )


def send(pool: Show, images: Sequence[Dataset]) -> None:
    """A machine of the site sends them over several associations."""
    scanner = next(
        one for one in pool.territory.machines if one.modality == "CT" and "PALAIS" in one.ae_title
    )
    machine = Machine(
        ae_title=scanner.ae_title,
        modality="CT",
        host="127.0.0.1",
        port=pool.ports.dicom,
        called="PLATEAU",
    )

    def some(first: int) -> None:
        with link.associate(machine) as association:
            machine_end = rested(association)
            for image in images[first::SENDERS]:
                link.store(machine_end, image)

    with ThreadPoolExecutor(SENDERS) as threads:
        list(threads.map(some, range(SENDERS)))


def a_slice(study_uid: str, patient: str, number: int, side: int = 64) -> Dataset:
    """One slice of a ball, of somebody invented."""
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = study_uid, f"{study_uid[:60]}.1"
    image.FrameOfReferenceUID = f"{study_uid[:60]}.2"
    image.SpecificCharacterSet = "ISO_IR 192"
    image.PatientID, image.PatientName = patient, "MILLEFEUILLE^Cyprien"
    image.StudyDate, image.StudyTime, image.AccessionNumber = "20261124", "015500", ""
    image.StudyDescription = image.SeriesDescription = "Mille coupes"
    image.Modality, image.SeriesNumber, image.InstanceNumber = "CT", 1, number
    image.ImagePositionPatient = [0, 0, number * 0.5]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.PixelSpacing, image.SliceThickness = [1, 1], 0.5
    image.Rows = image.Columns = side
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.RescaleIntercept, image.RescaleSlope = -1024, 1
    image.WindowCenter, image.WindowWidth = 1000, 4000
    across = np.linspace(-1, 1, side)
    distance = np.hypot(across[:, None], across[None, :])
    image.PixelData = (4000 * np.clip(1.2 - distance, 0, 1)).astype("<u2").tobytes()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def greys(page: Page) -> int:
    """How many levels the middle of a page holds."""
    with Image.open(BytesIO(page.screenshot())) as shot:
        width, height = shot.size
        middle = shot.convert("L").crop(
            (width * 2 // 5, height * 2 // 5, width * 3 // 5, height * 3 // 5)
        )
        return sum(1 for count in middle.histogram() if count)
