"""What members have agreed, as rows; amounts become whole hundredths."""

import json
from collections.abc import Mapping

from plateau.territory.blocks import TerritoryFile
from plateau.territory.deal_blocks import AgreementBlock, DutyPayBlock, TariffBlock
from plateau.territory.tables import Table
from plateau.territory.types import Agreed

AGREED = Table(
    kind="agreed",
    row=Agreed,
    key=("kind", "code", "valid_from"),
    select="""
        select kind, code, terms, valid_from, valid_to
        from territory.agreed
        order by kind, code, valid_from
        """,
    put="""
        insert into territory.agreed (kind, code, terms, valid_from, valid_to)
        values (%(kind)s, %(code)s, %(terms)s, %(valid_from)s, %(valid_to)s)
        on conflict (kind, code, valid_from) do update set
          terms = excluded.terms, valid_to = excluded.valid_to
        """,
)


def agreed(file: TerritoryFile) -> list[Agreed]:
    """The agreements, the tariffs and the pay of duties."""
    return [
        *(Agreed("agreement", b.code, _terms(_agreement(b)), b.valid_from, b.valid_to)
          for b in file.agreements),
        *(Agreed("tariff", b.modality, _terms(_tariff(b)), b.valid_from, b.valid_to)
          for b in file.tariffs),
        *(Agreed("duty_pay", f"{b.code} {b.status}", _terms(_pay(b)), b.valid_from, b.valid_to)
          for b in file.duty_pay),
    ]  # fmt: skip


def _terms(values: Mapping[str, object]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def _agreement(b: AgreementBlock) -> Mapping[str, object]:
    return b.model_dump(mode="json", exclude={"code", "valid_from", "valid_to"}) | {
        "shares": _whole(b.shares),
        "capital": _whole(b.capital),
        "surface": _whole(b.surface),
        "weights": _whole(b.weights),
        "tolerance": hundredths(b.tolerance),
    }


def _tariff(b: TariffBlock) -> dict[str, object]:
    return {
        "reference": b.reference,
        "full_cents": hundredths(b.full),
        "full_amortised_cents": hundredths(b.full_amortised),
        "thresholds": list(b.thresholds),
        "reduced_cents": [hundredths(amount) for amount in b.reduced],
        "amortised_after": b.amortised_after,
        "cut": hundredths(b.cut),
        "cut_amortised": hundredths(b.cut_amortised),
        "source": b.source,
        "verified": b.verified,
    }


def _pay(b: DutyPayBlock) -> dict[str, object]:
    return {
        "pay": b.code,
        "status": b.status,
        "whole_cents": hundredths(b.whole),
        "early_cents": hundredths(b.early),
        "deep_cents": hundredths(b.deep),
        "source": b.source,
        "verified": b.verified,
    }


def hundredths(value: float) -> int:
    """An amount of two decimals as a whole number."""
    return round(value * 100)


def _whole(parts: Mapping[str, float]) -> dict[str, int]:
    return {code: hundredths(part) for code, part in parts.items()}
