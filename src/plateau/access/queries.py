"""SQL of access; writes schema `access` only."""

from collections.abc import Set
from datetime import datetime

from plateau.access.types import (
    Access,
    Account,
    Attempts,
    AuditFilter,
    AuditRow,
    RoleRow,
    Session,
)
from plateau.kernel.caller import Role
from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Tx


def account_by_login(tx: Tx, *, login: str) -> Account | None:
    """The account of that login."""
    return tx.maybe(
        Account,
        """
        select person_id, login, name, password_hash, language, theme, closed_at
        from access.account where login = %(login)s
        """,
        login=login,
    )


def account(tx: Tx, *, person_id: PersonId) -> Account:
    """The account of that person."""
    return tx.one(
        Account,
        """
        select person_id, login, name, password_hash, language, theme, closed_at
        from access.account where person_id = %(person_id)s
        """,
        person_id=person_id,
    )


def upsert_account(tx: Tx, *, person_id: PersonId, login: str, name: str) -> None:
    """The account exists, open, with that login and name."""
    tx.run(
        """
        insert into access.account (person_id, login, name)
        values (%(person_id)s, %(login)s, %(name)s)
        on conflict (person_id) do update
          set login = excluded.login, name = excluded.name, closed_at = null
        """,
        person_id=person_id,
        login=login,
        name=name,
    )


def close_account(tx: Tx, *, person_id: PersonId, at: datetime) -> None:
    """The account can no longer sign in."""
    tx.run(
        "update access.account set closed_at = %(at)s where person_id = %(person_id)s",
        person_id=person_id,
        at=at,
    )


def set_hash(tx: Tx, *, person_id: PersonId, password_hash: str) -> int:
    """The account's password is the one behind this hash."""
    return tx.run(
        "update access.account set password_hash = %(hash)s where person_id = %(person_id)s",
        person_id=person_id,
        hash=password_hash,
    )


def set_hash_of_all(tx: Tx, *, password_hash: str) -> None:
    """Every open account's password is the one behind this hash."""
    tx.run(
        "update access.account set password_hash = %(hash)s where closed_at is null",
        hash=password_hash,
    )


def set_preferences(tx: Tx, *, person_id: PersonId, language: str, theme: str) -> None:
    """How pages look to this person."""
    tx.run(
        """
        update access.account set language = %(language)s, theme = %(theme)s
        where person_id = %(person_id)s
        """,
        person_id=person_id,
        language=language,
        theme=theme,
    )


def add_role(tx: Tx, *, person_id: PersonId, role: Role, site_id: SiteId) -> int:
    """The person holds the role at the site; 0 when they did already."""
    return tx.run(
        """
        insert into access.role (person_id, role, site_id)
        values (%(person_id)s, %(role)s, %(site_id)s) on conflict do nothing
        """,
        person_id=person_id,
        role=role.value,
        site_id=site_id,
    )


def remove_role(tx: Tx, *, person_id: PersonId, role: Role, site_id: SiteId) -> int:
    """The person no longer holds the role at the site."""
    return tx.run(
        """
        delete from access.role
        where person_id = %(person_id)s and role = %(role)s and site_id = %(site_id)s
        """,
        person_id=person_id,
        role=role.value,
        site_id=site_id,
    )


def roles(tx: Tx, *, person_id: PersonId) -> list[RoleRow]:
    """Every role the person holds, with its site."""
    return tx.all(
        RoleRow,
        """
        select role, site_id from access.role where person_id = %(person_id)s
        order by role, site_id
        """,
        person_id=person_id,
    )


def add_session(
    tx: Tx, *, token_hash: bytes, person_id: PersonId, csrf: str, at: datetime, until: datetime
) -> None:
    """A session begins."""
    tx.run(
        """
        insert into access.session
          (token_hash, person_id, csrf, created_at, seen_at, expires_at)
        values (%(hash)s, %(person_id)s, %(csrf)s, %(at)s, %(at)s, %(until)s)
        """,
        hash=token_hash,
        person_id=person_id,
        csrf=csrf,
        at=at,
        until=until,
    )


def session(tx: Tx, *, token_hash: bytes, at: datetime) -> Session | None:
    """The session of that token, if it has not ended, with what its holder may do where."""
    return tx.maybe(
        Session,
        """
        select s.person_id, a.name, a.language, a.theme, s.csrf, s.seen_at,
               array(select role from access.role r where r.person_id = s.person_id
                     order by role, site_id) as roles,
               array(select site_id from access.role r where r.person_id = s.person_id
                     order by role, site_id) as sites
        from access.session s join access.account a using (person_id)
        where s.token_hash = %(hash)s and s.expires_at > %(at)s and a.closed_at is null
        """,
        hash=token_hash,
        at=at,
    )


def see_session(tx: Tx, *, token_hash: bytes, at: datetime, until: datetime) -> None:
    """The session lives on; never beyond seven days after it began."""
    tx.run(
        """
        update access.session
        set seen_at = %(at)s, expires_at = least(%(until)s, created_at + interval '7 days')
        where token_hash = %(hash)s
        """,
        hash=token_hash,
        at=at,
        until=until,
    )


def end_session(tx: Tx, *, token_hash: bytes) -> None:
    """The session has ended."""
    tx.run("delete from access.session where token_hash = %(hash)s", hash=token_hash)


def end_sessions_of(tx: Tx, *, person_id: PersonId) -> None:
    """Every session of the person has ended."""
    tx.run("delete from access.session where person_id = %(id)s", id=person_id)


def end_old(tx: Tx, *, at: datetime, attempts_before: datetime) -> int:
    """Sessions past their end, and attempts nobody looks at any more, are gone."""
    tx.run("delete from access.sign_in_attempt where at < %(at)s", at=attempts_before)
    return tx.run("delete from access.session where expires_at <= %(at)s", at=at)


def attempts(tx: Tx, *, login: str, address: str, since: datetime) -> Attempts:
    """Failures since then: of that login after its last success, and of that address."""
    return tx.one(
        Attempts,
        """
        select
          count(*) filter (where login = %(login)s and at > coalesce(
            (select max(at) from access.sign_in_attempt
             where login = %(login)s and succeeded), '-infinity'))::int as by_login,
          count(*) filter (where address = %(address)s)::int as by_address,
          max(at) as last_at
        from access.sign_in_attempt
        where (login = %(login)s or address = %(address)s) and not succeeded and at > %(since)s
        """,
        login=login,
        address=address,
        since=since,
    )


def wait_turn(tx: Tx, *, login: str, address: str) -> None:
    """Nobody else counts the attempts of this login or this address until this ends."""
    tx.run(
        "select pg_advisory_xact_lock(7243002, hashtext(%(login)s)),"
        " pg_advisory_xact_lock(7243003, hashtext(%(address)s))",
        login=login,
        address=address,
    )


def add_attempt(tx: Tx, *, login: str, address: str, at: datetime) -> int:
    """Somebody tries to sign in, and has failed until `succeed` says otherwise; its number."""
    return tx.value(
        """
        insert into access.sign_in_attempt (login, address, at, succeeded)
        values (%(login)s, %(address)s, %(at)s, false)
        returning attempt_id
        """,
        login=login,
        address=address,
        at=at,
    )


def succeed(tx: Tx, *, attempt_id: int) -> None:
    """The attempt was the right one."""
    tx.run(
        "update access.sign_in_attempt set succeeded = true where attempt_id = %(id)s",
        id=attempt_id,
    )


def add_audit(
    tx: Tx, *, person_id: PersonId | None, actor: str, what: Access, at: datetime
) -> None:
    """Write one line of the audit trail."""
    tx.run(
        """
        insert into access.audit
          (at, person_id, actor, action, patient_id, subject, site_id, reason)
        values (%(at)s, %(person_id)s, %(actor)s, %(action)s, %(patient_id)s, %(subject)s,
                %(site_id)s, %(reason)s)
        """,
        at=at,
        person_id=person_id,
        actor=actor,
        action=what.action,
        patient_id=what.patient_id,
        subject=what.subject,
        site_id=what.site_id,
        reason=what.reason,
    )


def audit(tx: Tx, *, sites: Set[SiteId], only: AuditFilter, limit: int) -> list[AuditRow]:
    """Lines about `sites`, or about no site and no patient, the newest first."""
    return tx.all(
        AuditRow,
        """
        select audit_id, at, actor, action, patient_id, subject, site_id, reason
        from access.audit
        where (site_id = any(%(sites)s) or (site_id is null and patient_id is null))
          and (%(actor)s = '' or actor ilike '%%' || %(actor)s || '%%')
          and (%(action)s = '' or action like %(action)s || '%%')
          and (%(patient_id)s::uuid is null or patient_id = %(patient_id)s)
          and (%(since)s::timestamptz is null or at >= %(since)s)
          and (%(until)s::timestamptz is null or at < %(until)s)
          and (%(before_id)s::bigint is null or audit_id < %(before_id)s)
        order by audit_id desc
        limit %(limit)s
        """,
        sites=list(sites),
        actor=only.actor,
        action=only.action,
        patient_id=only.patient_id,
        since=only.since,
        until=only.until,
        before_id=only.before_id,
        limit=limit,
    )
