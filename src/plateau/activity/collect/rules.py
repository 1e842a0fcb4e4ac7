"""Sessions and duties as the ledger says them."""

from plateau.activity.collect.types import Duty, Session
from plateau.activity.ledger.types import Fact


def session(one: Session) -> Fact:
    """A session held: a post is counted once."""
    return Fact(
        key=f"session:{one.post_id}",
        kind="session_held",
        happened_on=one.day,
        reader_id=one.person_id,
        machine=one.machine,
        session=one.name,
        reader_member=one.member,
        session_member=one.member,
        patient_member=one.site_member,
        status=one.status,
        minutes=one.minutes,
    )


def duty(one: Duty) -> Fact:
    """A duty held; its line is its session."""
    return Fact(
        key=f"duty:{one.duty_id}",
        kind="duty",
        happened_on=one.day,
        reader_id=one.person_id,
        line_id=one.line_id,
        duty_id=one.duty_id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        session=one.line,
        reader_member=one.member,
        status=one.status,
        minutes=int((one.ends_at - one.starts_at).total_seconds()) // 60,
    )
