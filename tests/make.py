"""Small makers shared by tests: one row each, straight into the database, invented values."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import (
    DeviceId,
    DutyId,
    ExamId,
    LineId,
    MemberId,
    PatientId,
    PersonId,
    RequestId,
    SiteId,
)
from plateau.platform.db import Tx
from plateau.requests.types import Draft

SINCE = date(2020, 1, 1)
NIGHT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 02:00 in Bayonne


def a_member(tx: Tx, code: str = "CHT") -> MemberId:
    member_id = MemberId(uuid4())
    tx.run(
        """
        insert into territory.member (member_id, code, name, valid_from)
        values (%(id)s, %(code)s, %(code)s, %(since)s)
        """,
        id=member_id,
        code=code,
        since=SINCE,
    )
    return member_id


def a_site(tx: Tx, code: str = "TEST", member_id: MemberId | None = None) -> SiteId:
    """A site, of a member of its own unless one is given."""
    site_id = SiteId(uuid4())
    tx.run(
        """
        insert into territory.site
          (site_id, code, member_id, name, town, latitude, longitude, valid_from)
        values (%(id)s, %(code)s, %(member)s, %(name)s, 'Ville-Test', 43.3, -1.0, %(since)s)
        """,
        id=site_id,
        code=code,
        member=member_id or a_member(tx, f"M-{code}"),
        name=f"Hôpital {code}",
        since=SINCE,
    )
    return site_id


def a_device(tx: Tx, site_id: SiteId, ae_title: str = "CT_TEST", modality: str = "CT") -> DeviceId:
    device_id = DeviceId(uuid4())
    tx.run(
        """
        insert into territory.device (device_id, site_id, ae_title, modality, name, valid_from)
        values (%(id)s, %(site)s, %(ae)s, %(modality)s, %(ae)s, %(since)s)
        """,
        id=device_id,
        site=site_id,
        ae=ae_title,
        modality=modality,
        since=SINCE,
    )
    return device_id


def an_exam_type(tx: Tx, code: str = "TDM-CRANE", modality: str = "CT") -> str:
    tx.run(
        """
        insert into territory.exam_type
          (exam_code, name, name_en, modality, region, minutes, technique, result, conclusion)
        values (%(code)s, 'Scanner du crâne', 'Head CT', %(modality)s, 'head', 10,
                'Acquisition hélicoïdale.', 'Pas d''anomalie.', 'Examen normal.')
        on conflict do nothing
        """,
        code=code,
        modality=modality,
    )
    return code


def a_person(
    tx: Tx, login: str = "", name: str = "Dr Essai", site_id: SiteId | None = None
) -> PersonId:
    """An account without a password; also a practitioner (with skills) when a site is given."""
    person_id = PersonId(uuid4())
    tx.run(
        "insert into access.account (person_id, login, name) values (%(id)s, %(login)s, %(name)s)",
        id=person_id,
        login=login or f"u{person_id.hex[:12]}",
        name=name,
    )
    if site_id:
        _practitioner(tx, person_id, site_id)
    return person_id


def _practitioner(tx: Tx, person_id: PersonId, site_id: SiteId) -> None:
    tx.run(
        """
        insert into territory.practitioner
          (person_id, code, specialty, home_site_id, valid_from)
        values (%(id)s, %(code)s, 'radiologie', %(site)s, %(since)s)
        """,
        id=person_id,
        code=person_id.hex[:12],
        site=site_id,
        since=SINCE,
    )
    tx.run(
        """
        insert into territory.skill (person_id, modality, valid_from)
        select %(id)s, modality, %(since)s from unnest(array['CT', 'MR', 'DX']) modality
        """,
        id=person_id,
        since=SINCE,
    )
    tx.run(
        """
        insert into territory.privilege (person_id, site_id, valid_from)
        values (%(id)s, %(site)s, %(since)s)
        """,
        id=person_id,
        site=site_id,
        since=SINCE,
    )


def a_role(tx: Tx, person_id: PersonId, role: Role, site_id: SiteId) -> None:
    tx.run(
        "insert into access.role (person_id, role, site_id) values (%(id)s, %(role)s, %(site)s)",
        id=person_id,
        role=role,
        site=site_id,
    )


def a_caller(person_id: PersonId, *sites: SiteId, role: Role = Role.READER) -> Caller:
    return Caller(person_id=person_id, name="Dr Essai", roles={role: frozenset(sites)}, csrf="c")


def a_patient(tx: Tx, site_id: SiteId, local_id: str = "IPP-TEST-1") -> PatientId:
    patient_id = PatientId(uuid4())
    tx.run(
        """
        insert into patients.patient (patient_id, surname, first_name, birth_on, sex, created_at)
        values (%(id)s, 'TESTINVENTE', 'Camille', '1950-02-03', 'F', %(at)s)
        """,
        id=patient_id,
        at=NIGHT,
    )
    tx.run(
        """
        insert into patients.identifier (site_id, value, patient_id)
        values (%(site)s, %(value)s, %(id)s)
        """,
        site=site_id,
        value=local_id,
        id=patient_id,
    )
    return patient_id


def a_line(tx: Tx, place: SiteId, *covered: SiteId, code: str = "NUIT") -> LineId:
    """A night line 20:00-08:00 covering the given sites."""
    line_id = LineId(uuid4())
    tx.run(
        """
        insert into territory.line
          (line_id, code, name, place_site_id, starts_at, ends_at, readers, valid_from)
        values (%(id)s, %(code)s, 'Garde de nuit', %(place)s, '20:00', '08:00', 2, %(since)s)
        """,
        id=line_id,
        code=code,
        place=place,
        since=SINCE,
    )
    for site_id in covered:
        tx.run(
            "insert into territory.line_site values (%(line)s, %(site)s, %(at)s, %(since)s)",
            line=line_id,
            site=site_id,
            at=time(20),
            since=SINCE,
        )
    return line_id


def a_duty(
    tx: Tx, line_id: LineId, person_id: PersonId, at: datetime = NIGHT, position: int = 1
) -> DutyId:
    """A duty of 12 hours with `at` in its middle."""
    duty_id = DutyId(uuid4())
    tx.run(
        """
        insert into planning.duty (duty_id, line_id, person_id, position, starts_at, ends_at)
        values (%(id)s, %(line)s, %(person)s, %(position)s, %(start)s, %(end)s)
        """,
        id=duty_id,
        line=line_id,
        person=person_id,
        position=position,
        start=at - timedelta(hours=6),
        end=at + timedelta(hours=6),
    )
    return duty_id


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The least territory on which the whole chain can run."""

    site_id: SiteId
    member_id: MemberId
    device_id: DeviceId
    exam_code: str
    reader_id: PersonId
    requester_id: PersonId
    patient_id: PatientId
    line_id: LineId
    duty_id: DutyId


def a_world(tx: Tx) -> World:
    """One site with a CT (`CT_TEST`), a requester, a patient, and a reader on duty at `NIGHT`."""
    member_id = a_member(tx)
    site_id = a_site(tx, "TEST", member_id)
    reader_id = a_person(tx, "lecteur", "Dr Lecture", site_id)
    requester_id = a_person(tx, "urgences", "Dr Urgence")
    a_role(tx, reader_id, Role.READER, site_id)
    a_role(tx, requester_id, Role.REQUESTER, site_id)
    line_id = a_line(tx, site_id, site_id)
    return World(
        site_id=site_id,
        member_id=member_id,
        device_id=a_device(tx, site_id),
        exam_code=an_exam_type(tx),
        reader_id=reader_id,
        requester_id=requester_id,
        patient_id=a_patient(tx, site_id),
        line_id=line_id,
        duty_id=a_duty(tx, line_id, reader_id),
    )


def a_request(tx: Tx, world: World, state: str = "submitted", urgency: str = "U0") -> RequestId:
    request_id = RequestId(uuid4())
    tx.run(
        """
        insert into requests.request
          (request_id, state, site_id, requester_id, patient_id, urgency, exam_code, context, aim,
           region, risks, earlier, technique, wished_delay, informed, callback_phone, submitted_at)
        values (%(id)s, %(state)s, %(site)s, %(requester)s, %(patient)s, %(urgency)s, %(code)s,
                'Chute de sa hauteur, Glasgow 14.', 'Hémorragie intracrânienne ?', 'Crâne',
                'Aucun connu', 'Aucun', 'Scanner sans injection', 'Immédiat', true, '0000', %(at)s)
        """,
        id=request_id,
        state=state,
        site=world.site_id,
        requester=world.requester_id,
        patient=world.patient_id,
        urgency=urgency,
        code=world.exam_code,
        at=NIGHT,
    )
    return request_id


def an_exam(tx: Tx, world: World, state: str = "planned", urgency: str = "U0") -> ExamId:
    """An exam of an accepted request; its accession number and study UID derive from its id."""
    exam_id = ExamId(uuid4())
    tx.run(
        """
        insert into requests.exam
          (exam_id, request_id, site_id, patient_id, device_id, exam_code, urgency,
           accession_number, study_uid, protocol, state, planned_at)
        values (%(id)s, %(request)s, %(site)s, %(patient)s, %(device)s, %(code)s, %(urgency)s,
                %(accession)s, %(uid)s, 'Sans injection', %(state)s, %(at)s)
        """,
        id=exam_id,
        request=a_request(tx, world, "accepted", urgency),
        site=world.site_id,
        patient=world.patient_id,
        device=world.device_id,
        code=world.exam_code,
        urgency=urgency,
        accession=accession_of(exam_id),
        uid=study_uid_of(exam_id),
        state=state,
        at=NIGHT,
    )
    return exam_id


def accession_of(exam_id: UUID) -> str:
    return exam_id.hex[:16].upper()


def study_uid_of(exam_id: UUID) -> str:
    return f"2.25.{exam_id.int}"


def a_draft(world: World) -> Draft:
    """A whole request form for the patient of `a_world`."""
    return Draft(
        site_id=world.site_id,
        local_id="IPP-TEST-1",
        surname="TestInvente",
        first_name="Camille",
        birth_on="1950-02-03",
        sex="F",
        callback_phone="05 00 00 00 00",
        urgency="U0",
        exam_code=world.exam_code,
        context="Chute de sa hauteur, Glasgow 14.",
        aim="Hémorragie intracrânienne ?",
        region="Crâne",
        risks="Aucun connu",
        pregnancy="not_applicable",
        allergy="no",
        renal="normal",
        implant="no",
        earlier="Aucun",
        technique="Scanner sans injection",
        wished_delay="Immédiat",
        informed=True,
    )
