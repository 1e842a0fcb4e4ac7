"""Signing in, roles by site, and the audit trail."""

import hashlib
import math
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from plateau.access import queries, rules
from plateau.access.types import Access, Account, AuditFilter, AuditRow, Opened
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Db, Tx

_hasher = PasswordHasher()  # argon2id, RFC 9106 low-memory profile
_hashing = threading.BoundedSemaphore(4)  # each takes 64 MiB: strangers cannot exhaust memory
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))  # verified when the login is unknown
_SEEN_EVERY = timedelta(minutes=1)
_ATTEMPTS_KEPT = timedelta(days=1)


def record(tx: Tx, who: Caller | str, what: Access, *, at: datetime) -> None:
    """What was seen or changed is in the audit trail, in the transaction that showed or did it."""
    if isinstance(who, Caller):
        queries.add_audit(tx, person_id=who.person_id, actor=who.name, what=what, at=at)
    else:
        queries.add_audit(tx, person_id=None, actor=who, what=what, at=at)


def sign_in(
    db: Db, *, login: str, password: str, address: str, at: datetime, now: datetime
) -> Opened:
    """A new session; RuleBrokenError, the same for every cause, when login or password is wrong.

    The attempt counts as failed, in a transaction of its own, before the password is looked at:
    it is remembered whatever happens, and attempts made side by side count each other.
    """
    name = rules.plain_login(login)
    with db.begin() as tx:
        queries.wait_turn(tx, login=name, address=address)
        _refuse_haste(tx, login=name, address=address, at=at)
        attempt_id = queries.add_attempt(tx, login=name, address=address, at=at)
        account = queries.account_by_login(tx, login=name)
    matches = _matches(account.password_hash if account else None, password)
    if account is None or account.closed_at is not None or not matches:
        raise RuleBrokenError("login or password is wrong")
    with db.begin() as tx:
        queries.succeed(tx, attempt_id=attempt_id)
        return _open(tx, account, at=at, now=now)


def _refuse_haste(tx: Tx, *, login: str, address: str, at: datetime) -> None:
    tried = queries.attempts(tx, login=login, address=address, since=at - rules.WINDOW)
    again_at = rules.retry_at(tried)
    if again_at and again_at > at:
        seconds = math.ceil((again_at - at).total_seconds())
        raise RuleBrokenError(
            "too many attempts: try again in {seconds} s, or ask an administrator", seconds=seconds
        )


def _matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; as slow for an unknown login as for a known one."""
    with _hashing:
        try:
            right = _hasher.verify(password_hash or _NOBODY, password)
        except VerificationError:
            return False
    return right and password_hash is not None


def _open(tx: Tx, account: Account, *, at: datetime, now: datetime) -> Opened:
    token = secrets.token_urlsafe(32)
    queries.add_session(
        tx,
        token_hash=_hash(token),
        person_id=account.person_id,
        csrf=secrets.token_urlsafe(24),
        at=at,
        until=rules.session_end(created_at=at, seen_at=at),
    )
    record(
        tx,
        account.name,
        Access(action="session.open", subject=f"person:{account.person_id}"),
        at=now,
    )
    return Opened(person_id=account.person_id, token=token)


def sign_out(tx: Tx, *, token: str) -> None:
    """The session has ended."""
    queries.end_session(tx, token_hash=_hash(token))


def caller_of(tx: Tx, *, token: str, at: datetime) -> Caller | None:
    """Whoever holds the token, with their roles; the session lives on."""
    session = queries.session(tx, token_hash=_hash(token), at=at)
    if session is None:
        return None
    if at - session.seen_at > _SEEN_EVERY:
        queries.see_session(tx, token_hash=_hash(token), at=at, until=at + rules.IDLE)
    return Caller(
        person_id=session.person_id,
        name=session.name,
        roles=_by_role(zip(session.roles, session.sites, strict=True)),
        language=session.language,
        theme=session.theme,
        csrf=session.csrf,
    )


def roles_of(tx: Tx, *, person_id: PersonId) -> dict[Role, frozenset[SiteId]]:
    """The person's roles, each with its sites."""
    return _by_role((row.role, row.site_id) for row in queries.roles(tx, person_id=person_id))


def _by_role(held_at: Iterable[tuple[str, SiteId]]) -> dict[Role, frozenset[SiteId]]:
    held: dict[Role, set[SiteId]] = {}
    for role, site_id in held_at:
        held.setdefault(Role(role), set()).add(site_id)
    return {role: frozenset(sites) for role, sites in held.items()}


def verify_password(tx: Tx, *, person_id: PersonId, password: str) -> None:
    """Nothing when the password is the person's own; RuleBrokenError otherwise."""
    if not _matches(queries.account(tx, person_id=person_id).password_hash, password):
        raise RuleBrokenError("the password is wrong")


def ensure_account(tx: Tx, *, person_id: PersonId, login: str, name: str) -> None:
    """The person has an open account with that login and name."""
    login = rules.plain_login(login)
    queries.upsert_account(tx, person_id=person_id, login=login, name=name)


def close_account(tx: Tx, *, person_id: PersonId, at: datetime) -> None:
    """The person can no longer sign in, and is signed out everywhere."""
    queries.close_account(tx, person_id=person_id, at=at)
    queries.end_sessions_of(tx, person_id=person_id)


def grant(tx: Tx, *, person_id: PersonId, role: Role, site_id: SiteId) -> bool:
    """The person holds the role at the site; False when they did already."""
    return queries.add_role(tx, person_id=person_id, role=role, site_id=site_id) == 1


def revoke(tx: Tx, *, person_id: PersonId, role: Role, site_id: SiteId) -> bool:
    """The person no longer holds the role at the site; False when they did not."""
    return queries.remove_role(tx, person_id=person_id, role=role, site_id=site_id) == 1


def set_password(tx: Tx, *, person_id: PersonId, password: str) -> None:
    """The password is this one; it needs twelve characters."""
    if len(password) < rules.SHORTEST_PASSWORD:
        raise InvalidInputError(
            "a password needs {least} characters at least", least=rules.SHORTEST_PASSWORD
        )
    if not queries.set_hash(tx, person_id=person_id, password_hash=_hasher.hash(password)):
        raise NotFoundError("no such account")


def change_password(tx: Tx, caller: Caller, *, current: str, new: str, at: datetime) -> None:
    """The caller's password is the new one, and every session of theirs has ended."""
    verify_password(tx, person_id=caller.person_id, password=current)
    set_password(tx, person_id=caller.person_id, password=new)
    queries.end_sessions_of(tx, person_id=caller.person_id)
    subject = f"person:{caller.person_id}"
    record(tx, caller, Access(action="password.change", subject=subject), at=at)


def set_preferences(tx: Tx, caller: Caller, *, language: str, theme: str) -> None:
    """Pages look so to the caller from now on."""
    if language not in {"fr", "en"} or theme not in {"auto", "light", "dark"}:
        raise InvalidInputError("this language or theme does not exist")
    queries.set_preferences(tx, person_id=caller.person_id, language=language, theme=theme)


def name_of(tx: Tx, person_id: PersonId) -> str:
    """What the person is called."""
    return queries.account(tx, person_id=person_id).name


def person_by_login(tx: Tx, *, login: str) -> PersonId:
    """The person of that login; NotFoundError when there is none."""
    account = queries.account_by_login(tx, login=rules.plain_login(login))
    if account is None:
        raise NotFoundError("no account is called {login}", login=login)
    return account.person_id


def set_password_of_all(tx: Tx, *, password: str) -> None:
    """Every open account has this one password: for a demonstration on loopback only."""
    queries.set_hash_of_all(tx, password_hash=_hasher.hash(password))


def audit(tx: Tx, caller: Caller, *, only: AuditFilter, limit: int = 200) -> list[AuditRow]:
    """Lines of the audit trail about the sites that the caller administers."""
    sites = caller.sites_as(Role.ADMINISTRATOR)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return queries.audit(tx, sites=sites, only=only, limit=limit)


def end_old_sessions(tx: Tx, *, at: datetime) -> int:
    """Sessions past their end are gone; how many."""
    return queries.end_old(tx, at=at, attempts_before=at - _ATTEMPTS_KEPT)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
