"""The blocks of a territory file that a roster is made from."""

from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from plateau.territory.parts import Code, Dated, Text

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Half = Literal["M", "A"]
Status = Literal[
    "hospital",
    "private",
    "hospital_technologist",
    "private_technologist",
    "hospital_secretary",
    "secretary",
]
SESSION_HOURS = {"M": (time(8, 30), time(12, 30)), "A": (time(13, 30), time(17, 30))}


class ClosedItem(BaseModel):
    """A site whose emergency department is closed on a night."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    site: Code
    on: date


class OperatorItem(BaseModel):
    """A private operator that reads in the deep night: readers are on duty until it begins."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Text
    phone: Text | None = None
    starts_at: time
    ends_at: time


class ContractBlock(Dated):
    """How much somebody works, under which law, and in which on-call lines."""

    person: Code
    status: Status
    home: Code | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    half_days: Annotated[float, Field(gt=0, le=14)] = 10.0
    takes_extra: bool = False
    max_duties: Annotated[int, Field(ge=0)] | None = None
    lines: tuple[Code, ...] = ()
    skills: tuple[Code, ...] = ()


class SessionBlock(Dated):
    """Half-days of work at a site: on days of the week, or on given days."""

    code: Code
    name: Text
    site: Code
    machine: Text | None = None
    family: Code | None = None
    skill: Code | None = None
    days: tuple[Day, ...] = ()
    halves: Annotated[tuple[Half, ...], Field(min_length=1)] = ("M", "A")
    on: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()
    holidays: bool = False
    starts_at: time | None = None
    ends_at: time | None = None
    needed: Annotated[int, Field(gt=0)] = 1
    statuses: Annotated[tuple[Status, ...], Field(min_length=1)] = ("hospital", "private")
    optional: bool = False
    same_team: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.days and not self.on:
            raise ValueError("a session needs days of the week, or dates")
        if (self.starts_at is None) != (self.ends_at is None):
            raise ValueError("the hours of a session go together")
        if self.starts_at is not None and len(self.halves) > 1:
            raise ValueError("hours of its own are for a session of one half-day")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("a session ends after it begins, on the same day")
        return self


class TravelBlock(Dated):
    """Minutes between two sites, both ways."""

    sites: Annotated[tuple[Code, Code], Field()]
    minutes: Annotated[int, Field(ge=0)]
    source: Text


class ShareBlock(Dated):
    """How the sessions of a family of machines are shared between members."""

    family: Code
    shares: Annotated[dict[Code, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if abs(sum(self.shares.values()) - 1) > 1e-6:
            raise ValueError("shares add up to 1")
        return self
