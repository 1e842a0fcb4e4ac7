"""DICOM images of an exam: CT, MR and digital radiographs, filled from the worklist item."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
)

from outside import exams, phantom
from outside.exams import Exam
from outside.phantom import Part, Series

PERFORMED_STEP = UID("1.2.840.10008.3.1.2.3.3")
IMPLEMENTATION = UID("1.2.826.0.1.3680043.8.498.1.7")
_SOP_CLASSES = {
    Part.HEAD_CT: CTImageStorage,
    Part.ABDOMEN_CT: CTImageStorage,
    Part.CHEST_DX: DigitalXRayImageStorageForPresentation,
    Part.HEAD_MR: MRImageStorage,
}
_BODY_PARTS = {
    Part.HEAD_CT: "HEAD",
    Part.ABDOMEN_CT: "ABDOMEN",
    Part.CHEST_DX: "CHEST",
    Part.HEAD_MR: "HEAD",
}
_FROM_ITEM = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "PatientWeight", "PatientSize", "StudyInstanceUID", "AccessionNumber", "ReferringPhysicianName",
    "InstitutionName", "ReferencedStudySequence",
)  # fmt: skip
_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber",
    "ReferringPhysicianName",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One object of an exam, named before it is made; `index` is its place in its series."""

    series: int
    index: int
    series_uid: UID
    sop_class: UID
    sop_uid: UID


def instances(exam: Exam, series: tuple[Series, ...]) -> Iterator[Instance]:
    """Every image of the exam, in the order of acquisition."""
    sop_class = _SOP_CLASSES[exams.part_of(exam)]
    for number, one in enumerate(series):
        series_uid = exams.uid(exam, "series", number)
        for index in range(one.count):
            yield Instance(
                series=number,
                index=index,
                series_uid=series_uid,
                sop_class=sop_class,
                sop_uid=exams.uid(exam, "image", number, index),
            )


def image(exam: Exam, series: Series, instance: Instance) -> Dataset:
    """One image, ready to send or to write."""
    part = exams.part_of(exam)
    ds = composite(exam, instance, description=series.name)
    ds.InstanceNumber = instance.index + 1
    ds.BodyPartExamined = _BODY_PARTS[part]
    ds.ProtocolName = protocol(exam, series)
    ds.AcquisitionNumber = instance.series + 1
    _add_pixels(ds, series, instance.index)
    match part:
        case Part.HEAD_CT | Part.ABDOMEN_CT:
            _add_geometry(ds, exam, series, instance.index)
            _add_ct(ds, exam, part)
        case Part.HEAD_MR:
            _add_geometry(ds, exam, series, instance.index)
            _add_mr(ds, series)
        case Part.CHEST_DX:
            _add_dx(ds, exam, series)
    return ds


def composite(exam: Exam, instance: Instance, *, description: str) -> Dataset:
    """What every object of the exam has: patient, study, series, machine, order, file header."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = instance.sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = instance.sop_uid
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = IMPLEMENTATION
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = instance.sop_class
    ds.SOPInstanceUID = instance.sop_uid
    ds.Modality = exam.modality
    ds.SeriesInstanceUID = instance.series_uid
    ds.SeriesNumber = instance.series + 1
    ds.SeriesDescription = description
    _add_order(ds, exam)
    _add_machine(ds, exam)
    _add_times(ds, exam)
    return ds


def _add_order(ds: Dataset, exam: Exam) -> None:
    item, step = exam.item, exams.scheduled(exam.item)
    for keyword in _TYPE_2:
        setattr(ds, keyword, None)
    for keyword in _FROM_ITEM:
        if keyword in item and not item[keyword].is_empty:
            setattr(ds, keyword, item[keyword].value)
    procedure = str(item.get("RequestedProcedureDescription", ""))
    ds.StudyDescription = procedure
    ds.StudyID = str(item.get("RequestedProcedureID", ""))[:16]
    request = Dataset()
    request.RequestedProcedureID = item.get("RequestedProcedureID", "")
    request.RequestedProcedureDescription = procedure
    request.ScheduledProcedureStepID = step.ScheduledProcedureStepID
    request.ScheduledProcedureStepDescription = step.get("ScheduledProcedureStepDescription", "")
    request.AccessionNumber = item.get("AccessionNumber", "")
    request.StudyInstanceUID = item.StudyInstanceUID
    ds.RequestAttributesSequence = [request]
    ds.PerformedProcedureStepID = performed_id(exam)
    ds.PerformedProcedureStepDescription = step.get("ScheduledProcedureStepDescription", "")
    ds.ReferencedPerformedProcedureStepSequence = [reference(PERFORMED_STEP, exam.step_uid)]


def protocol(exam: Exam, series: Series) -> str:
    """The protocol that the series was made with."""
    return f"{_BODY_PARTS[exams.part_of(exam)]} - {series.name}"


def performed_id(exam: Exam) -> str:
    """A short name of the performed step, for people."""
    return f"P{exam.started_at:%y%m%d%H%M%S}"


def reference(sop_class: UID, sop_uid: UID) -> Dataset:
    """A pointer to another object."""
    ds = Dataset()
    ds.ReferencedSOPClassUID = sop_class
    ds.ReferencedSOPInstanceUID = sop_uid
    return ds


def _add_machine(ds: Dataset, exam: Exam) -> None:
    ds.Manufacturer = "Invented Imaging"
    ds.ManufacturerModelName = f"Phantom {exam.modality}"
    ds.DeviceSerialNumber = f"SIM-{exam.ae_title}"
    ds.SoftwareVersions = "1.0"
    ds.StationName = exam.ae_title
    if "InstitutionName" not in ds:
        ds.InstitutionName = exam.ae_title


def _add_times(ds: Dataset, exam: Exam) -> None:
    at = exam.started_at
    for name in ("Study", "Series", "Acquisition", "Content", "PerformedProcedureStepStart"):
        setattr(ds, f"{name}Date", f"{at:%Y%m%d}")
        setattr(ds, f"{name}Time", f"{at:%H%M%S}")
    ds.InstanceCreationDate, ds.InstanceCreationTime = f"{at:%Y%m%d}", f"{at:%H%M%S}"
    ds.TimezoneOffsetFromUTC = f"{at:%z}"


def _add_pixels(ds: Dataset, series: Series, index: int) -> None:
    ds.Rows, ds.Columns = series.rows, series.columns
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelRepresentation = 0
    ds.WindowCenter, ds.WindowWidth = series.window
    ds.PixelSpacing = [round(series.pitch_mm, 6)] * 2
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.add_new("PixelData", "OW", series.plane(index).tobytes())


def _add_geometry(ds: Dataset, exam: Exam, series: Series, index: int) -> None:
    """The patient lies on the back, head first; planes go from the feet to the head."""
    corner = round(-(series.columns - 1) / 2 * series.pitch_mm, 6)
    z = round(-0.3 * series.count * series.step_mm + index * series.step_mm, 6)
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = exams.uid(exam, "frame")
    ds.PositionReferenceIndicator = ""
    ds.ImagePositionPatient = [corner, corner, z]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SliceLocation = z
    ds.SliceThickness = round(series.step_mm, 6)
    ds.SpacingBetweenSlices = round(series.step_mm, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class CtTechnique:
    """How a part is scanned, with what dose."""

    tube_ma: int
    rotation_s: float
    pitch: float
    ctdi_vol_mgy: float
    phantom_code: tuple[str, str]
    kernel: str


CT_TECHNIQUES = {
    Part.HEAD_CT: CtTechnique(
        tube_ma=290,
        rotation_s=1.0,
        pitch=0.55,
        ctdi_vol_mgy=46.0,
        phantom_code=("113690", "IEC Head Dosimetry Phantom"),
        kernel="BRAIN",
    ),
    Part.ABDOMEN_CT: CtTechnique(
        tube_ma=210,
        rotation_s=0.5,
        pitch=0.98,
        ctdi_vol_mgy=9.6,
        phantom_code=("113691", "IEC Body Dosimetry Phantom"),
        kernel="STANDARD",
    ),
}


def ctdi_vol_mgy(exam: Exam) -> float:
    """The dose index of this exam: automatic exposure makes it differ between persons."""
    usual = CT_TECHNIQUES[exams.part_of(exam)].ctdi_vol_mgy
    return round(usual * (0.9 + 0.2 * ((exam.seed * 37 + 11) % 100) / 99), 2)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A coded concept."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def _add_ct(ds: Dataset, exam: Exam, part: Part) -> None:
    technique = CT_TECHNIQUES[part]
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -phantom.HU_OFFSET, 1, "HU"
    ds.KVP = 120
    ds.XRayTubeCurrent = technique.tube_ma
    ds.ExposureTime = int(technique.rotation_s * 1000)
    ds.Exposure = int(technique.tube_ma * technique.rotation_s)
    ds.ScanOptions = "HELICAL MODE"
    ds.SpiralPitchFactor = technique.pitch
    ds.ConvolutionKernel = technique.kernel
    ds.GantryDetectorTilt = 0
    ds.RotationDirection = "CW"
    ds.DataCollectionDiameter = 500
    ds.ReconstructionDiameter = round(ds.Columns * float(ds.PixelSpacing[0]), 3)
    ds.CTDIvol = ctdi_vol_mgy(exam)
    value, meaning = technique.phantom_code
    ds.CTDIPhantomTypeCodeSequence = [code(value, "DCM", meaning)]
    ds.IrradiationEventUID = exams.uid(exam, "irradiation", 1)


def _add_mr(ds: Dataset, series: Series) -> None:
    weighting = series.weighting
    if weighting is None:
        raise ValueError("an MR series has a weighting")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.ScanningSequence = weighting.scanning
    ds.SequenceVariant = "SK"
    ds.ScanOptions = ""
    ds.MRAcquisitionType = "2D"
    ds.RepetitionTime, ds.EchoTime = weighting.repetition_ms, weighting.echo_ms
    if weighting.inversion_ms is not None:
        ds.InversionTime = weighting.inversion_ms
    ds.EchoTrainLength = 1 if weighting.name == "T1" else 16
    ds.MagneticFieldStrength = 1.5
    ds.FlipAngle = 90


def _add_dx(ds: Dataset, exam: Exam, series: Series) -> None:
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Modality = "DX"
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.PatientOrientation = ["L", "F"]
    ds.ImageLaterality = "U"
    ds.AnatomicRegionSequence = [code("816094009", "SCT", "Chest")]
    ds.ViewPosition = "PA"
    ds.ViewCodeSequence = [code("272479007", "SCT", "postero-anterior")]
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = []
    ds.AcquisitionContextSequence = []
    ds.DetectorType = "DIRECT"
    ds.DetectorID = f"DET-{exam.ae_title}"[:16]
    ds.ImagerPixelSpacing = [round(series.pitch_mm, 6)] * 2
    ds.PositionerType = "NONE"
    ds.DistanceSourceToDetector = 1800
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime, ds.Exposure = 120, 250, 8, 2
    ds.ImageAndFluoroscopyAreaDoseProduct = 0.9
    ds.IrradiationEventUID = exams.uid(exam, "irradiation", 1)
