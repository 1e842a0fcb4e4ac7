"""Modality performed procedure steps: what a machine says when it begins and when it ends.

Source: DICOM PS3.4, table F.7.2-1.
"""

from pydicom.dataset import Dataset

from outside import dose, exams, objects
from outside.exams import Exam
from outside.objects import Instance
from outside.phantom import Series


def opening(exam: Exam) -> Dataset:
    """The attributes of N-CREATE: the step is in progress."""
    item, scheduled = exam.item, exams.scheduled(exam.item)
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AdmissionID"):
        setattr(ds, keyword, item.get(keyword))
    ds.ReferencedPatientSequence = []
    ds.ScheduledStepAttributesSequence = [_scheduled(exam)]
    ds.PerformedProcedureStepID = objects.performed_id(exam)
    ds.PerformedStationAETitle = exam.ae_title
    ds.PerformedStationName = exam.ae_title
    ds.PerformedLocation = None
    ds.PerformedProcedureStepStartDate = f"{exam.started_at:%Y%m%d}"
    ds.PerformedProcedureStepStartTime = f"{exam.started_at:%H%M%S}"
    ds.PerformedProcedureStepStatus = "IN PROGRESS"
    ds.PerformedProcedureStepDescription = scheduled.get("ScheduledProcedureStepDescription")
    ds.PerformedProcedureTypeDescription = None
    ds.ProcedureCodeSequence = []
    ds.PerformedProcedureStepEndDate = ds.PerformedProcedureStepEndTime = None
    ds.Modality = exam.modality
    ds.StudyID = str(item.get("RequestedProcedureID", ""))[:16]
    ds.PerformedProtocolCodeSequence = []
    ds.PerformedSeriesSequence = []
    return ds


def _scheduled(exam: Exam) -> Dataset:
    item, step = exam.item, exams.scheduled(exam.item)
    ds = Dataset()
    ds.StudyInstanceUID = item.StudyInstanceUID
    ds.ReferencedStudySequence = item.get("ReferencedStudySequence") or []
    for keyword in ("AccessionNumber", "RequestedProcedureID", "RequestedProcedureDescription"):
        setattr(ds, keyword, item.get(keyword))
    ds.ScheduledProcedureStepID = step.ScheduledProcedureStepID
    ds.ScheduledProcedureStepDescription = step.get("ScheduledProcedureStepDescription")
    ds.ScheduledProtocolCodeSequence = step.get("ScheduledProtocolCodeSequence") or []
    return ds


def closing(exam: Exam, series: tuple[Series, ...]) -> Dataset:
    """The attributes of the last N-SET: the step is completed, and this is all it made."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PerformedProcedureStepStatus = "COMPLETED"
    ds.PerformedProcedureStepEndDate = f"{exam.ended_at:%Y%m%d}"
    ds.PerformedProcedureStepEndTime = f"{exam.ended_at:%H%M%S}"
    made = list(objects.instances(exam, series))
    ds.PerformedSeriesSequence = [
        _images(exam, one, [image for image in made if image.series == number])
        for number, one in enumerate(series)
    ]
    if named := dose.instance(exam):
        report = _series("Dose report", "Dose report", named)
        pointer = objects.reference(named.sop_class, named.sop_uid)
        report.ReferencedNonImageCompositeSOPInstanceSequence = [pointer]
        ds.PerformedSeriesSequence.append(report)
    return ds


def _images(exam: Exam, series: Series, made: list[Instance]) -> Dataset:
    ds = _series(series.name, objects.protocol(exam, series), made[0])
    ds.ReferencedImageSequence = [objects.reference(one.sop_class, one.sop_uid) for one in made]
    return ds


def _series(description: str, protocol: str, first: Instance) -> Dataset:
    ds = Dataset()
    ds.PerformingPhysicianName = ds.OperatorsName = None
    ds.ProtocolName = protocol
    ds.SeriesInstanceUID = first.series_uid
    ds.SeriesDescription = description
    ds.RetrieveAETitle = None
    ds.ReferencedImageSequence = []
    ds.ReferencedNonImageCompositeSOPInstanceSequence = []
    ds.PerformedProtocolCodeSequence = []
    return ds
