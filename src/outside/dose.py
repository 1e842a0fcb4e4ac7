"""X-ray radiation dose reports: what a CT or a radiography room says it delivered.

Source: DICOM PS3.16, TID 10011 (CT) and TID 10001 (projection radiography).
"""

from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.uid import UID, XRayRadiationDoseSRStorage

from outside import exams, objects
from outside.exams import Exam
from outside.objects import Instance, code
from outside.phantom import Part, Series

_SERIES_NUMBER = 900
_CT = code("77477000", "SCT", "Computed Tomography X-Ray")
_PROJECTION = code("113704", "DCM", "Projection X-Ray")
_AUTOMATIC = code("113856", "DCM", "Automated Data Collection")
_SCOUT = code("113805", "DCM", "Constant Angle Acquisition")
_SPIRAL = code("116152004", "SCT", "Spiral Acquisition")
_STATIONARY = code("113611", "DCM", "Stationary Acquisition")
_REGIONS = {
    Part.HEAD_CT: ("69536005", "Head"),
    Part.ABDOMEN_CT: ("818981001", "Abdomen"),
    Part.CHEST_DX: ("816094009", "Chest"),
}
_LOCALIZER_CTDI_MGY = 0.08
_LOCALIZER_MM = 250.0
_OVERSCAN_MM = 20.0
_DLP = "mGy.cm"


def instance(exam: Exam) -> Instance | None:
    """The dose report of the exam; a machine without X-rays has none."""
    if exams.part_of(exam) not in _REGIONS:
        return None
    return Instance(
        series=_SERIES_NUMBER - 1,
        index=0,
        series_uid=exams.uid(exam, "dose series"),
        sop_class=XRayRadiationDoseSRStorage,
        sop_uid=exams.uid(exam, "dose report"),
    )


def report(exam: Exam, series: tuple[Series, ...], named: Instance) -> Dataset:
    """The dose report, ready to send or to write."""
    ds = objects.composite(exam, named, description="Dose report")
    ds.Modality = "SR"
    ds.InstanceNumber = 1
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ReferencedRequestSequence = [_request(exam)]
    ds.PerformedProcedureCodeSequence = []
    is_ct = exams.part_of(exam) is not Part.CHEST_DX
    root = _container("113701", "X-Ray Radiation Dose Report", *_content(exam, series))
    del root.RelationshipType
    template = Dataset()
    template.MappingResource = "DCMR"
    template.TemplateIdentifier = "10011" if is_ct else "10001"
    root.ContentTemplateSequence = [template]
    ds.update(root)
    return ds


def _request(exam: Exam) -> Dataset:
    ds = Dataset()
    ds.StudyInstanceUID = exam.item.StudyInstanceUID
    ds.ReferencedStudySequence = []
    ds.AccessionNumber = exam.item.get("AccessionNumber", "")
    ds.PlacerOrderNumberImagingServiceRequest = None
    ds.FillerOrderNumberImagingServiceRequest = None
    ds.RequestedProcedureID = exam.item.get("RequestedProcedureID", "")
    ds.RequestedProcedureDescription = exam.item.get("RequestedProcedureDescription", "")
    ds.RequestedProcedureCodeSequence = []
    return ds


def _content(exam: Exam, series: tuple[Series, ...]) -> list[Dataset]:
    is_ct = exams.part_of(exam) is not Part.CHEST_DX
    return [
        _procedure(_CT if is_ct else _PROJECTION),
        *_observer(exam),
        _datetime("113809", "Start of X-Ray Irradiation", exam.started_at),
        _datetime("113810", "End of X-Ray Irradiation", exam.ended_at),
        _scope(exam),
        *(_ct_content(exam, series[0]) if is_ct else _film_content(exam)),
        _code("CONTAINS", "113854", "Source of Dose Information", _AUTOMATIC),
    ]


def _procedure(kind: Dataset) -> Dataset:
    intent = _item("HAS CONCEPT MOD", "CODE", code("363703001", "SCT", "Has Intent"))
    intent.ConceptCodeSequence = [code("261004008", "SCT", "Diagnostic Intent")]
    procedure = _code("HAS CONCEPT MOD", "121058", "Procedure reported", kind)
    procedure.ContentSequence = [intent]
    return procedure


def _observer(exam: Exam) -> list[Dataset]:
    """TID 1002: the machine itself speaks."""
    device = code("121007", "DCM", "Device")
    return [
        _code("HAS OBS CONTEXT", "121005", "Observer Type", device),
        _uid("HAS OBS CONTEXT", "121012", "Device Observer UID", exams.machine_uid(exam)),
        _text("HAS OBS CONTEXT", "121013", "Device Observer Name", exam.ae_title),
        _text("HAS OBS CONTEXT", "121014", "Device Observer Manufacturer", "Invented Imaging"),
        _text(
            "HAS OBS CONTEXT", "121015", "Device Observer Model Name", f"Phantom {exam.modality}"
        ),
        _text("HAS OBS CONTEXT", "121016", "Device Observer Serial Number", f"SIM-{exam.ae_title}"),
    ]


def _scope(exam: Exam) -> Dataset:
    study = code("113014", "DCM", "Study")
    scope = _code("HAS OBS CONTEXT", "113705", "Scope of Accumulation", study)
    scope.ContentSequence = [
        _uid("HAS PROPERTIES", "110180", "Study Instance UID", exam.item.StudyInstanceUID)
    ]
    return scope


def _ct_content(exam: Exam, series: Series) -> list[Dataset]:
    """TID 10012 and TID 10013: the sum, then the scout view and the scan."""
    length_mm = round(series.count * series.step_mm + _OVERSCAN_MM, 1)
    ctdi_mgy = objects.ctdi_vol_mgy(exam)
    scan_dlp = round(ctdi_mgy * length_mm / 10, 2)
    scout_dlp = round(_LOCALIZER_CTDI_MGY * _LOCALIZER_MM / 10, 2)
    total = _container(
        "113811",
        "CT Accumulated Dose Data",
        _number("113812", "Total Number of Irradiation Events", 2, "{events}"),
        _number("113813", "CT Dose Length Product Total", round(scan_dlp + scout_dlp, 2), _DLP),
    )
    scout = _acquisition(exam, 0, _LOCALIZER_MM, (_LOCALIZER_CTDI_MGY, scout_dlp))
    return [total, scout, _acquisition(exam, 1, length_mm, (ctdi_mgy, scan_dlp))]


def _acquisition(exam: Exam, number: int, length_mm: float, dose: tuple[float, float]) -> Dataset:
    """TID 10013: one irradiation event; `dose` is CTDIvol and DLP."""
    part = exams.part_of(exam)
    value, meaning = objects.CT_TECHNIQUES[part].phantom_code
    return _container(
        "113819",
        "CT Acquisition",
        _text("CONTAINS", "125203", "Acquisition Protocol", ("Scout", "Helical")[number]),
        _target_region(part),
        _code("CONTAINS", "113820", "CT Acquisition Type", (_SCOUT, _SPIRAL)[number]),
        _uid("CONTAINS", "113769", "Irradiation Event UID", exams.uid(exam, "irradiation", number)),
        _ct_parameters(part, number, length_mm),
        _container(
            "113829",
            "CT Dose",
            _number("113830", "Mean CTDIvol", dose[0], "mGy"),
            _code("CONTAINS", "113835", "CTDIw Phantom Type", code(value, "DCM", meaning)),
            _number("113838", "DLP", dose[1], _DLP),
        ),
    )


def _ct_parameters(part: Part, number: int, length_mm: float) -> Dataset:
    technique = objects.CT_TECHNIQUES[part]
    collimation_mm = 40.0
    turns = length_mm / (collimation_mm * technique.pitch)
    seconds = round(turns * technique.rotation_s, 2) if number else 2.5
    tube_ma = technique.tube_ma if number else 20
    spiral = [_number("113828", "Pitch Factor", technique.pitch, "{ratio}")] if number else []
    turn = [_number("113834", "Exposure Time per Rotation", technique.rotation_s, "s")]
    return _container(
        "113822",
        "CT Acquisition Parameters",
        _number("113824", "Exposure Time", seconds, "s"),
        _number("113825", "Scanning Length", length_mm, "mm"),
        _number("113826", "Nominal Single Collimation Width", 0.625, "mm"),
        _number("113827", "Nominal Total Collimation Width", collimation_mm, "mm"),
        *spiral,
        _number("113823", "Number of X-Ray Sources", 1, "{X-Ray sources}"),
        _container(
            "113831",
            "CT X-Ray Source Parameters",
            _text("CONTAINS", "113832", "Identification of the X-Ray Source", "A"),
            _number("113733", "KVP", 120, "kV"),
            _number("113833", "Maximum X-Ray Tube Current", tube_ma * 1.2, "mA"),
            _number("113734", "X-Ray Tube Current", tube_ma, "mA"),
            *(turn if number else []),
        ),
    )


def _film_content(exam: Exam) -> list[Dataset]:
    """TID 10002 and TID 10003: one exposure.

    Units: Gy.m2, where the image header has dGy.cm2.
    """
    product_gy_m2 = 0.9e-5
    plane = code("113622", "DCM", "Single Plane")
    yes, no = code("373066001", "SCT", "Yes"), code("373067005", "SCT", "No")
    total = _container(
        "113702",
        "Accumulated X-Ray Dose Data",
        _code("HAS CONCEPT MOD", "113764", "Acquisition Plane", plane),
        _number("113722", "Dose Area Product Total", product_gy_m2, "Gy.m2"),
        _number("113731", "Total Number of Radiographic Frames", 1, "1"),
    )
    event = _container(
        "113706",
        "Irradiation Event X-Ray Data",
        _code("HAS CONCEPT MOD", "113764", "Acquisition Plane", plane),
        _uid("CONTAINS", "113769", "Irradiation Event UID", exams.uid(exam, "irradiation", 1)),
        _datetime("111526", "DateTime Started", exam.started_at, "CONTAINS"),
        _code("CONTAINS", "113721", "Irradiation Event Type", _STATIONARY),
        _text("CONTAINS", "125203", "Acquisition Protocol", "Chest PA"),
        _target_region(Part.CHEST_DX),
        _number("122130", "Dose Area Product", product_gy_m2, "Gy.m2"),
        _number("113733", "KVP", 120, "kV"),
        _number("113734", "X-Ray Tube Current", 250, "mA"),
        _number("113824", "Exposure Time", 8, "ms"),
        _number("113736", "Exposure", 2000, "uA.s"),
        _number("113750", "Distance Source to Detector", 1800, "mm"),
    )
    return [
        _code("HAS CONCEPT MOD", "113943", "X-Ray Source Data Available", yes),
        _code("HAS CONCEPT MOD", "113944", "X-Ray Mechanical Data Available", no),
        _code("HAS CONCEPT MOD", "113945", "X-Ray Detector Data Available", no),
        total,
        event,
    ]


def _target_region(part: Part) -> Dataset:
    value, meaning = _REGIONS[part]
    return _code("CONTAINS", "123014", "Target Region", code(value, "SCT", meaning))


def _item(relation: str, kind: str, name: Dataset) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = relation, kind
    ds.ConceptNameCodeSequence = [name]
    return ds


def _container(value: str, meaning: str, *children: Dataset) -> Dataset:
    ds = _item("CONTAINS", "CONTAINER", code(value, "DCM", meaning))
    ds.ContinuityOfContent = "SEPARATE"
    ds.ContentSequence = list(children)
    return ds


def _code(relation: str, value: str, meaning: str, concept: Dataset) -> Dataset:
    ds = _item(relation, "CODE", code(value, "DCM", meaning))
    ds.ConceptCodeSequence = [concept]
    return ds


def _text(relation: str, value: str, meaning: str, text: str) -> Dataset:
    ds = _item(relation, "TEXT", code(value, "DCM", meaning))
    ds.TextValue = text
    return ds


def _uid(relation: str, value: str, meaning: str, uid: UID) -> Dataset:
    ds = _item(relation, "UIDREF", code(value, "DCM", meaning))
    ds.UID = uid
    return ds


def _datetime(value: str, meaning: str, at: datetime, relation: str = "HAS OBS CONTEXT") -> Dataset:
    ds = _item(relation, "DATETIME", code(value, "DCM", meaning))
    ds.DateTime = f"{at:%Y%m%d%H%M%S}"
    return ds


def _number(value: str, meaning: str, number: float, unit: str) -> Dataset:
    measured = Dataset()
    measured.NumericValue = f"{number:.6g}"
    measured.MeasurementUnitsCodeSequence = [code(unit, "UCUM", _UNIT_NAMES.get(unit, unit))]
    ds = _item("CONTAINS", "NUM", code(value, "DCM", meaning))
    ds.MeasuredValueSequence = [measured]
    return ds


_UNIT_NAMES = {
    "1": "no units",
    "{events}": "events",
    "{ratio}": "ratio",
    "{X-Ray sources}": "X-Ray sources",
}
