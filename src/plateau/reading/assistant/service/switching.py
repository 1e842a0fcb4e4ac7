"""Programs that may send drafts, and where: off unless an administrator has switched them on."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import SiteId
from plateau.kernel.time import instant, local
from plateau.platform.db import Tx
from plateau.reading.assistant import rules
from plateau.reading.assistant.queries import switching as queries
from plateau.reading.assistant.service.arriving import hash_of
from plateau.reading.assistant.types import Ending, Limit, Model, ModelLine, Switch, SwitchLine
from plateau.territory import service as territory
from plateau.territory.types import ExamType, Site

SEEN_BY = (Role.ADMINISTRATOR, Role.COORDINATOR, Role.MANAGER, Role.READER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The programs, where they are on, what they did; and what an administrator may name."""

    switches: Sequence[SwitchLine]
    models: Sequence[ModelLine]
    sites: Sequence[Site]
    exam_types: Sequence[ExamType]
    is_reader: bool

    @property
    def is_administrator(self) -> bool:
        """Whether the caller may switch programs on and off somewhere."""
        return bool(self.sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where a program is to propose drafts, as an administrator says it."""

    model_id: UUID
    site_id: SiteId
    exam_code: str
    since: date
    blind_permille: int
    limit: Limit


def overview(tx: Tx, caller: Caller) -> Overview:
    """What programs do at the caller's sites."""
    sites = caller.sites_as(*SEEN_BY)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    mine = caller.sites_as(Role.ADMINISTRATOR)
    return Overview(
        switches=queries.switches(tx, sites=sites, mine=mine),
        models=queries.models(tx),
        sites=territory.sites(tx, ids=mine),
        exam_types=territory.exam_types(tx),
        is_reader=caller.is_one_of(Role.READER),
    )


def admit(
    tx: Tx, caller: Caller, *, name: str, version: str, maker: str, now: datetime
) -> tuple[Model, str]:
    """A program is known, and switched on nowhere; with its token, which is kept nowhere."""
    _require_administrator(caller)
    name, version, maker = name.strip(), version.strip(), maker.strip()
    if not name or not version or max(len(name), len(version), len(maker)) > 100:
        raise InvalidInputError("a program needs a name and a version, 100 characters at most")
    model = Model(uuid4(), name, version, maker)
    token = secrets.token_urlsafe(32)
    queries.add_model(tx, model, token_hash=hash_of(token), by=caller.person_id, at=now)
    _record(tx, caller, "assistant.admit", f"model:{model.model_id}", now)
    return model, token


def close(tx: Tx, caller: Caller, model_id: UUID, *, now: datetime) -> None:
    """A program sends nothing more, wherever it was switched on."""
    _require_administrator(caller)
    everywhere = {site.site_id for site in territory.sites(tx)}
    if caller.sites_as(Role.ADMINISTRATOR) < everywhere:
        raise RuleBrokenError("only who administers every site may close a program")
    if not queries.close_model(tx, model_id, at=now):
        raise NotFoundError("this page does not exist, or is not yours to see")
    ending = Ending(why="closed", at=now, by=caller.person_id)
    queries.end(tx, ending, model_id=model_id, sites=everywhere)
    _record(tx, caller, "assistant.close", f"model:{model_id}", now)
    tx.touch("assistant")


def switch_on(tx: Tx, caller: Caller, wish: Wish, *, now: datetime) -> UUID:
    """A program proposes drafts of a type of exam at a site, from a day on; its identifier.

    ConflictError while another program does.
    """
    if wish.site_id not in caller.sites_as(Role.ADMINISTRATOR):
        raise NotFoundError("this page does not exist, or is not yours to see")
    if not rules.limit_is_sound(wish.limit):
        raise InvalidInputError(
            "the limit lies above the usual share and below 100 %, over 100 drafts or more"
        )
    if not 0 <= wish.blind_permille <= 1000 or wish.since < local(now).date():
        raise InvalidInputError("the share read blindly is between 0 and 100 %, from today on")
    switch = Switch(
        switch_id=uuid4(),
        salt=uuid4(),
        model_id=queries.model(tx, wish.model_id).model_id,
        site_id=wish.site_id,
        exam_code=territory.exam_type(tx, wish.exam_code).exam_code,
        blind_permille=wish.blind_permille,
        usual_permille=wish.limit.usual_permille,
        limit_permille=wish.limit.limit_permille,
        quiet_for=wish.limit.quiet_for,
    )
    since = max(now, instant(wish.since, time(0)))
    queries.add_switch(tx, switch, since=since, by=caller.person_id, at=now)
    subject = f"switch:{switch.switch_id}"
    _record(tx, caller, "assistant.switch_on", subject, now, site_id=wish.site_id)
    tx.touch("assistant")
    return switch.switch_id


def switch_off(tx: Tx, caller: Caller, switch_id: UUID, *, why: str, now: datetime) -> None:
    """A program proposes no more drafts of that type of exam at that site."""
    sites = caller.sites_as(Role.ADMINISTRATOR)
    model_id = queries.model_of_switch(tx, switch_id, sites=sites)
    if model_id is None:
        raise NotFoundError("this page does not exist, or is not yours to see")
    said = why.strip()[:500]
    if not said:
        raise InvalidInputError("say why the program is switched off")
    ending = Ending(why=said, at=now, by=caller.person_id)
    queries.end(tx, ending, model_id=model_id, sites=sites, only=switch_id)
    _record(tx, caller, "assistant.switch_off", f"switch:{switch_id}", now)
    tx.touch("assistant")


def _require_administrator(caller: Caller) -> None:
    if not caller.is_one_of(Role.ADMINISTRATOR):
        raise NotFoundError("this page does not exist, or is not yours to see")


def _record(
    tx: Tx,
    caller: Caller,
    action: str,
    subject: str,
    now: datetime,
    site_id: SiteId | None = None,
) -> None:
    access.record(tx, caller, Access(action=action, subject=subject, site_id=site_id), at=now)
