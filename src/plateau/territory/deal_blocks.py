"""The blocks of a territory file that say what members have agreed to count and to pay."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from plateau.territory.parts import Code, Dated, Text

Unit = Literal["session", "exam", "minute", "icr", "euro"]
Key = Literal["shares", "capital", "surface", "sessions", "exams", "minutes", "icr"]
Head = Literal["staff", "equipment", "premises", "others"]


def _hundredths(value: float) -> float:
    if abs(value * 100 - round(value * 100)) > 1e-6:
        raise ValueError("two decimals at most")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError("an amount is never negative")
    return value


Percent = Annotated[float, Field(le=100), AfterValidator(_not_negative),
                    AfterValidator(_hundredths)]  # fmt: skip
Euros = Annotated[float, AfterValidator(_not_negative), AfterValidator(_hundredths)]
Weight = Annotated[float, Field(gt=0), AfterValidator(_hundredths)]


class CountedMachine(BaseModel):
    """A machine that an agreement counts; its age decides whether it is amortised."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ae_title: Text
    installed: date | None = None


class MakeUpItem(BaseModel):
    """How a member makes up for sessions it had too few of."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    within_weeks: Annotated[int, Field(gt=0)]
    most_per_week: Annotated[int, Field(gt=0)] = 1


class KeysItem(BaseModel):
    """By which key each head of costs is shared, and the fees."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    staff: Key = "shares"
    equipment: Key = "shares"
    premises: Key = "shares"
    others: Key = "shares"
    fee: Key = "shares"


class AgreementBlock(Dated):
    """What members count together, how it should be shared, and what follows."""

    code: Code
    name: Text
    parties: Annotated[tuple[Code, ...], Field(min_length=2)]
    machines: tuple[CountedMachine, ...] = ()
    lines: tuple[Code, ...] = ()
    shares: dict[Code, Percent]
    unit: Unit
    also: tuple[Unit, ...] = ()
    owner: Literal["reader", "session", "patient"]
    tolerance: Annotated[float, Field(le=100), AfterValidator(_not_negative)]
    period: Literal["month", "quarter", "year"] = "quarter"
    weights: dict[Code, Weight] = Field(default={})
    make_up: MakeUpItem | None = None
    operator: Code | None = None
    keys: KeysItem = KeysItem()
    capital: dict[Code, Percent] = Field(default={})
    surface: dict[Code, Euros] = Field(default={})
    duty_pay: Code | None = None
    same_pay: Text | None = None  # the status whose amounts everybody gets
    lending: Text | None = None  # the written criteria by which sessions are refused or lent

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        for name, parts in (("shares", self.shares), ("capital", self.capital)):
            if parts and round(sum(parts.values()) * 100) != 100_00:
                raise ValueError(f"{name} add up to {sum(parts.values()):.15g}, not to 100")
            if parts and {*parts} != {*self.parties}:
                raise ValueError(f"{name} name each party once")
        if self.surface and {*self.surface} != {*self.parties}:
            raise ValueError("surface names each party once")
        if not self.machines and not self.lines:
            raise ValueError("an agreement counts machines or lines")
        used = self.keys.model_dump().values()
        for name, parts in (("capital", self.capital), ("surface", self.surface)):
            if name in used and not sum(parts.values()):
                raise ValueError(f"a key is {name}, which is not given")
        return self

    @property
    def units(self) -> frozenset[str]:
        """Everything that is counted."""
        return frozenset({self.unit, *self.also})


class TariffBlock(Dated):
    """The technical fee of a modality: full up to a number of fees, then reduced by tiers.

    Units: euros a fee; `thresholds` and `reference` are fees of one machine in a year; the cuts are
    percents of the full fee.
    """

    modality: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    reference: Annotated[int, Field(ge=0)]
    full: Euros
    full_amortised: Euros
    thresholds: tuple[Annotated[int, Field(gt=0)], ...] = ()
    reduced: Annotated[tuple[Euros, ...], Field(min_length=1)]
    amortised_after: Annotated[int, Field(gt=0)] = 7
    cut: Percent = 0
    cut_amortised: Percent = 0
    source: Text
    verified: bool = False

    @model_validator(mode="after")
    def _tiers(self) -> Self:
        if len(self.reduced) != len(self.thresholds) + 1:
            raise ValueError("there is one reduced amount more than there are thresholds")
        if [*self.thresholds] != sorted({*self.thresholds}):
            raise ValueError("thresholds go up")
        if self.thresholds and self.thresholds[0] < self.reference:
            raise ValueError("the first threshold is not below the reference")
        return self


class DutyPayBlock(Dated):
    """What a duty pays: whole, early (20 to 24), deep (0 to 8, or Saturday afternoon).

    Units: euros.
    """

    code: Code
    status: Text
    whole: Euros
    early: Euros
    deep: Euros
    source: Text
    verified: bool = False
