"""Instances and machines for the tests of the image hub: invented, small, and valid."""

from collections.abc import Generator
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)
from pynetdicom import AE
from pynetdicom.association import Association

from plateau.images.formats import part10
from plateau.images.scp import dimse_server
from plateau.images.types import Origin
from plateau.platform.dimse import Hub
from plateau.platform.resting import rested
from plateau.platform.settings import Settings

MPPS = "1.2.840.10008.3.1.2.3.3"
COMMITMENT = "1.2.840.10008.1.20.1"
VERIFICATION = "1.2.840.10008.1.1"
CT = Origin(ae_title="CT_TEST", address="127.0.0.1")


def ct(study_uid: str = "", number: int = 1, patient: str = "IPP-TEST-1") -> Dataset:
    """A CT image of 4 × 4 pixels; the series of a study has always the same UID."""
    study_uid = study_uid or generate_uid()
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = study_uid, f"{study_uid[:60]}.1"
    image.StudyDate, image.StudyTime = "20261124", "020000"
    image.PatientID, image.PatientName = patient, "TESTINVENTE^Camille"
    image.Modality, image.InstanceNumber, image.SeriesNumber = "CT", number, 1
    image.StudyDescription, image.AccessionNumber = "Tête", "ACC1"
    image.SpecificCharacterSet = "ISO_IR 192"
    image.Rows = image.Columns = 4
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 0
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.PixelData = bytes(range(number, number + 32))
    return image


def encode(image: Dataset, *, implicit: bool = False) -> bytes:
    """The bytes of a data set."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, implicit
    write_dataset(buffer, image)
    return buffer.getvalue()


def as_file(image: Dataset, *, implicit: bool = False) -> bytes:
    """A DICOM file of a data set."""
    return part10.wrap(
        encode(image, implicit=implicit),
        sop_class_uid=image.SOPClassUID,
        sop_instance_uid=image.SOPInstanceUID,
        transfer_syntax_uid=ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian,
    )


def reference(image: Dataset) -> Dataset:
    """How a procedure step names an instance."""
    item = Dataset()
    item.ReferencedSOPClassUID = image.SOPClassUID
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return item


def step_begins(study_uid: str) -> Dataset:
    """The attributes of a step in progress."""
    scheduled = Dataset()
    scheduled.StudyInstanceUID = study_uid
    step = Dataset()
    step.ScheduledStepAttributesSequence = [scheduled]
    step.PerformedProcedureStepStatus = "IN PROGRESS"
    step.PerformedProcedureStepID = "1"
    step.PerformedStationAETitle = "CT_TEST"
    step.PerformedProcedureStepStartDate = "20261124"
    step.PerformedProcedureStepStartTime = "020000"
    step.Modality = "CT"
    return step


def step_ends(*images: Dataset, state: str = "COMPLETED", others: int = 0) -> Dataset:
    """The last attributes of a step; the last `others` images are named as no images."""
    series = Dataset()
    series.ReferencedImageSequence = [reference(image) for image in images[: len(images) - others]]
    series.ReferencedNonImageCompositeSOPInstanceSequence = [
        reference(image) for image in images[len(images) - others :]
    ]
    step = Dataset()
    step.PerformedProcedureStepStatus = state
    step.PerformedProcedureStepEndDate = "20261124"
    step.PerformedProcedureStepEndTime = "020500"
    step.PerformedSeriesSequence = [series] if images else []
    return step


@contextmanager
def running(hub: Hub) -> Generator[int]:
    """The port of a hub that answers."""
    server = dimse_server(Settings(dicom_port=0), hub, [])
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()


@contextmanager
def associated(
    port: int, title: str = "CT_TEST", called: str = "PLATEAU"
) -> Generator[Association]:
    """An association that proposes what the tests use."""
    client = AE(title)
    client.add_requested_context(VERIFICATION)
    client.add_requested_context(MPPS)
    client.add_requested_context(COMMITMENT)
    client.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = client.associate("127.0.0.1", port, ae_title=called)
    try:
        yield rested(association)
    finally:
        if association.is_established:
            association.release()


def store(association: Association, image: Dataset) -> Dataset:
    """The answer to a C-STORE."""
    image.ensure_file_meta()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return association.send_c_store(image)
