"""Makers of what follows an exam: its study, its place in the list, its report and who gets it."""

from datetime import timedelta
from uuid import uuid4

from make import NIGHT, SINCE, World, accession_of, an_exam, study_uid_of
from plateau.kernel.ids import DestinationId, ExamId, SiteId, StudyId, VersionId
from plateau.platform.db import Tx


def a_study(tx: Tx, world: World, exam_id: ExamId, instances: int = 3) -> StudyId:
    """A complete study row of an exam, without instances behind it."""
    study_id = StudyId(uuid4())
    tx.run(
        """
        insert into images.study
          (study_id, study_uid, patient_id, site_id, ae_title, accession_number, modalities, state,
           announced, instances, first_instance_at, last_instance_at, quiet_at, complete_at,
           started_at)
        values (%(id)s, %(uid)s, %(patient)s, %(site)s, 'CT_TEST', %(accession)s, '{CT}',
                'complete', %(n)s, %(n)s, %(at)s, %(at)s, %(at)s, %(at)s, %(at)s)
        """,
        id=study_id,
        uid=study_uid_of(exam_id),
        patient=world.patient_id,
        site=world.site_id,
        accession=accession_of(exam_id),
        n=instances,
        at=NIGHT,
    )
    return study_id


def a_task(tx: Tx, world: World, exam_id: ExamId | None = None, urgency: str = "U0") -> ExamId:
    """A complete exam that waits for a reader; due 30 minutes after `NIGHT`."""
    exam_id = exam_id or an_exam(tx, world, "complete", urgency)
    tx.run(
        """
        insert into reading.task
          (exam_id, site_id, patient_id, study_uid, modality, exam_code, urgency, state,
           complete_at, due_at)
        values (%(id)s, %(site)s, %(patient)s, %(uid)s, 'CT', %(code)s, %(urgency)s, 'unassigned',
                %(at)s, %(due)s)
        """,
        id=exam_id,
        site=world.site_id,
        patient=world.patient_id,
        uid=study_uid_of(exam_id),
        code=world.exam_code,
        urgency=urgency,
        at=NIGHT,
        due=NIGHT + timedelta(minutes=30),
    )
    return exam_id


def a_version(
    tx: Tx, world: World, exam_id: ExamId, number: int = 1, document_key: str = "0" * 40
) -> VersionId:
    """A version signed ten minutes after `NIGHT` (plus its number), on the reader's duty."""
    version_id = VersionId(uuid4())
    tx.run(
        """
        insert into reading.version
          (version_id, exam_id, number, kind, indication, technique, result, conclusion, reason,
           signed_by, signed_at, duty_id, document_key, digest)
        values (%(id)s, %(exam)s, %(number)s, %(kind)s, 'Chute.', 'Sans injection.',
                'Hématome sous-dural aigu frontal.', 'Hématome sous-dural aigu.', %(reason)s,
                %(reader)s, %(at)s, %(duty)s, %(key)s, 'x')
        """,
        id=version_id,
        exam=exam_id,
        number=number,
        kind="final" if number == 1 else "addendum",
        reason="" if number == 1 else "Relecture.",
        reader=world.reader_id,
        at=NIGHT + timedelta(minutes=9 + number),
        duty=world.duty_id,
        key=document_key,
    )
    return version_id


def a_destination(tx: Tx, site_id: SiteId, port: int, code: str = "RIS-TEST") -> DestinationId:
    """A system of a site that receives its reports on this machine."""
    destination_id = DestinationId(uuid4())
    tx.run(
        """
        insert into territory.destination
          (destination_id, code, site_id, kind, host, port, application, facility, valid_from)
        values (%(id)s, %(code)s, %(site)s, 'mllp', '127.0.0.1', %(port)s, 'RIS', %(code)s,
                %(since)s)
        """,
        id=destination_id,
        code=code,
        site=site_id,
        port=port,
        since=SINCE,
    )
    return destination_id
