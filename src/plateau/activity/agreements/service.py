"""What members have agreed, for whoever counts or settles."""

import json
from typing import Any

from pydantic import TypeAdapter

from plateau.activity.agreements import queries
from plateau.activity.agreements.types import Agreement, DutyPay, Tariff
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.platform.db import Tx

_STEERING = (Role.MANAGER, Role.ADMINISTRATOR)
_AGREEMENT = TypeAdapter(Agreement)
_TARIFF = TypeAdapter(Tariff)
_PAY = TypeAdapter(DutyPay)


def agreements(tx: Tx) -> list[Agreement]:
    """Every agreement that ever held, by code and date."""
    return [
        _AGREEMENT.validate_python(_whole(row) | {"code": row.code})
        for row in queries.agreed(tx, "agreement")
    ]


def tariffs(tx: Tx) -> list[Tariff]:
    """Every tariff that ever held."""
    return [
        _TARIFF.validate_python(_whole(row) | {"modality": row.code})
        for row in queries.agreed(tx, "tariff")
    ]


def duty_pay(tx: Tx) -> list[DutyPay]:
    """Every table of pay that ever held."""
    return [_PAY.validate_python(_whole(row)) for row in queries.agreed(tx, "duty_pay")]


def seen_by(tx: Tx, caller: Caller) -> list[Agreement]:
    """The agreements of the members for whom somebody answers; NotFoundError for anybody else."""
    if not caller.is_one_of(*_STEERING):
        raise NotFoundError("there is no agreement to show you")
    own = members(tx, caller)
    return [one for one in agreements(tx) if own & {*one.parties}]


def members(tx: Tx, caller: Caller) -> set[str]:
    """The members for whom somebody answers."""
    return queries.members_of(tx, caller.sites_as(*_STEERING))


def _whole(row: queries.Row) -> dict[str, Any]:
    return json.loads(row.terms) | {"valid_from": row.valid_from, "valid_to": row.valid_to}
