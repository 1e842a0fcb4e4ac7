from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from make import NIGHT, a_caller, a_patient, a_person, a_role, a_site
from plateau.access import queries, service
from plateau.access.types import Access, AuditFilter
from plateau.kernel.caller import Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.platform.db import Db, Tx

PASSWORD = "a long enough secret"
ADDRESS = "192.0.2.7"


def enrolled(db: Db, login: str = "ada") -> PersonId:
    """Somebody who may sign in, in a transaction of its own."""
    with db.begin() as tx:
        person_id = a_person(tx, login, "Dr Ada Exemple")
        service.set_password(tx, person_id=person_id, password=PASSWORD)
    return person_id


def sign_in(db: Db, password: str = PASSWORD, login: str = "ada", address: str = ADDRESS) -> str:
    return service.sign_in(
        db, login=login, password=password, address=address, at=NIGHT, now=NIGHT
    ).token


def test_attempts_side_by_side_count_each_other(db: Db) -> None:
    enrolled(db)

    def attempt(n: int) -> str:
        with pytest.raises(RuleBrokenError) as refused:
            sign_in(db, f"wrong {n}")
        return refused.value.text

    with ThreadPoolExecutor(12) as pool:
        texts = list(pool.map(attempt, range(12)))
    assert texts.count("login or password is wrong") == 5


def test_one_address_that_tries_many_logins_is_slowed_down(db: Db) -> None:
    enrolled(db)
    with db.begin() as tx:
        for n in range(30):
            queries.add_attempt(tx, login=f"guess-{n}", address=ADDRESS, at=NIGHT)
    with pytest.raises(RuleBrokenError, match="too many attempts: try again in 1 s"):
        sign_in(db)
    assert sign_in(db, address="192.0.2.8")


def test_a_success_forgives_the_failures_before_it(db: Db) -> None:
    enrolled(db)
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(RuleBrokenError, match="wrong"):
                sign_in(db, "x")
        sign_in(db)


def test_a_closed_account_cannot_sign_in_and_is_signed_out(db: Db) -> None:
    person_id = enrolled(db)
    token = sign_in(db)
    with db.begin() as tx:
        service.close_account(tx, person_id=person_id, at=NIGHT)
        assert service.caller_of(tx, token=token, at=NIGHT) is None
    with pytest.raises(RuleBrokenError, match="login or password is wrong"):
        sign_in(db)


def test_a_session_slides_and_still_has_an_end(db: Db) -> None:
    enrolled(db)
    token = sign_in(db)
    at = NIGHT
    with db.begin() as tx:
        while service.caller_of(tx, token=token, at=at):
            at += timedelta(hours=11)
    assert timedelta(days=7) <= at - NIGHT < timedelta(days=7, hours=11)


def test_a_session_left_alone_ends_after_twelve_hours(db: Db) -> None:
    enrolled(db)
    token = sign_in(db)
    with db.begin() as tx:
        assert service.caller_of(tx, token=token, at=NIGHT + timedelta(hours=11, minutes=59))
        assert not service.caller_of(tx, token=token, at=NIGHT + timedelta(hours=24))


def test_the_token_itself_is_kept_nowhere(db: Db) -> None:
    enrolled(db)
    token = sign_in(db)
    with db.begin() as tx:
        assert (
            tx.value("select count(*) from access.session s where s::text like %(t)s", t=token) == 0
        )


def test_roles_hold_at_their_own_site_only(tx: Tx) -> None:
    person_id, here, there = a_person(tx), a_site(tx, "A"), a_site(tx, "B")
    assert service.grant(tx, person_id=person_id, role=Role.READER, site_id=here)
    assert not service.grant(tx, person_id=person_id, role=Role.READER, site_id=here)
    service.grant(tx, person_id=person_id, role=Role.MANAGER, site_id=there)
    assert service.roles_of(tx, person_id=person_id) == {
        Role.READER: frozenset({here}),
        Role.MANAGER: frozenset({there}),
    }
    assert service.revoke(tx, person_id=person_id, role=Role.READER, site_id=here)
    assert service.roles_of(tx, person_id=person_id) == {Role.MANAGER: frozenset({there})}


def test_the_password_is_asked_again_to_sign(tx: Tx) -> None:
    person_id = a_person(tx)
    with pytest.raises(RuleBrokenError, match="the password is wrong"):
        service.verify_password(tx, person_id=person_id, password="")
    service.set_password(tx, person_id=person_id, password=PASSWORD)
    service.verify_password(tx, person_id=person_id, password=PASSWORD)
    with pytest.raises(RuleBrokenError):
        service.verify_password(tx, person_id=person_id, password=PASSWORD.upper())


def test_a_short_password_is_refused(tx: Tx) -> None:
    with pytest.raises(InvalidInputError, match="12 characters"):
        service.set_password(tx, person_id=a_person(tx), password="eleven char")


def test_an_administrator_reads_the_trail_of_their_own_sites(tx: Tx) -> None:
    here, there = a_site(tx, "A"), a_site(tx, "B")
    patient_id = a_patient(tx, there)
    caller = a_caller(a_person(tx), here, role=Role.ADMINISTRATOR)
    service.record(tx, caller, Access(action="seen", subject="here", site_id=here), at=NIGHT)
    service.record(
        tx, caller, Access(action="seen", subject="there", site_id=there, patient_id=patient_id),
        at=NIGHT,
    )  # fmt: skip
    service.record(tx, "hub", Access(action="seen", subject="nowhere"), at=NIGHT)
    subjects = [row.subject for row in service.audit(tx, caller, only=AuditFilter())]
    assert subjects == ["nowhere", "here"]


def test_only_administrators_read_the_trail(tx: Tx) -> None:
    caller = a_caller(a_person(tx), a_site(tx), role=Role.MANAGER)
    with pytest.raises(NotFoundError):
        service.audit(tx, caller, only=AuditFilter())


def test_the_trail_is_filtered_and_paged(tx: Tx) -> None:
    site_id = a_site(tx)
    patient_id = a_patient(tx, site_id)
    caller = a_caller(a_person(tx), site_id, role=Role.ADMINISTRATOR)
    for n in range(5):
        what = Access(
            action="report.sign" if n % 2 else "exam.view",
            subject=f"exam:{n}",
            site_id=site_id,
            patient_id=patient_id if n == 3 else None,
        )
        service.record(tx, caller, what, at=NIGHT + timedelta(hours=n))

    def subjects(only: AuditFilter, limit: int = 200) -> list[str]:
        return [row.subject[-1] for row in service.audit(tx, caller, only=only, limit=limit)]

    assert subjects(AuditFilter(action="report")) == ["3", "1"]
    assert subjects(AuditFilter(patient_id=patient_id)) == ["3"]
    assert subjects(AuditFilter(patient_id=uuid4())) == []
    assert subjects(AuditFilter(actor="essai"), limit=2) == ["4", "3"]
    since = NIGHT + timedelta(hours=1)
    assert subjects(AuditFilter(since=since, until=since + timedelta(hours=2))) == ["2", "1"]
    last = service.audit(tx, caller, only=AuditFilter(), limit=2)[-1]
    assert subjects(AuditFilter(before_id=last.audit_id), limit=2) == ["2", "1"]


def test_the_trail_cannot_be_rewritten(db: Db) -> None:
    with db.begin() as tx:
        service.record(tx, "hub", Access(action="seen", subject="x"), at=NIGHT)
    for sql in ("update access.audit set actor = ''", "delete from access.audit"):
        with pytest.raises(psycopg.errors.RaiseException), db.begin() as tx:
            tx.connection.execute(sql.encode())


def test_two_people_cannot_share_a_login(db: Db) -> None:
    enrolled(db)
    person_id = PersonId(uuid4())
    with pytest.raises(ConflictError), db.begin() as tx:
        service.ensure_account(tx, person_id=person_id, login="ADA", name="Dr Autre")


def test_roles_of_a_test_world_are_read(tx: Tx) -> None:
    person_id, site_id = a_person(tx), a_site(tx)
    a_role(tx, person_id, Role.PHYSICIST, site_id)
    assert service.roles_of(tx, person_id=person_id) == {Role.PHYSICIST: frozenset({site_id})}
