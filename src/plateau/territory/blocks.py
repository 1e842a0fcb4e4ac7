"""The blocks of a territory file, as they are written."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from plateau.kernel import merge_fields
from plateau.kernel.caller import Role
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.urgency import Urgency
from plateau.territory.deal_blocks import AgreementBlock, DutyPayBlock, TariffBlock
from plateau.territory.parts import Block, Code, Dated, Text
from plateau.territory.plan_blocks import (
    ClosedItem,
    ContractBlock,
    OperatorItem,
    SessionBlock,
    ShareBlock,
    TravelBlock,
)

Modality = Literal["CT", "MR", "DX", "CR", "US", "MG", "NM", "PT", "XA", "RF"]
Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
AeTitle = Annotated[str, StringConstraints(pattern=r"^[!-\[\]-~]+$", max_length=16)]
Finess = Annotated[str, StringConstraints(pattern=r"^[0-9A-B]{9}$")]
Issuer = Annotated[str, StringConstraints(pattern=r"^[^\\^&]+$", max_length=64)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=8)]
WebUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+[^\s?#/]$")]
Limit = Annotated[int, Field(ge=1, le=100)]
Gigabytes = Annotated[float, Field(strict=True, gt=0, le=1_000_000, allow_inf_nan=False)]
# Those of one value: PS3.3, table C.12-2 and C.12-5.
CharacterSet = Literal[
    "ISO_IR 6", "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144", "ISO_IR 127",
    "ISO_IR 126", "ISO_IR 138", "ISO_IR 148", "ISO_IR 203", "ISO_IR 13", "ISO_IR 166",
    "ISO_IR 192", "GB18030", "GBK",
]  # fmt: skip
Rpps = Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("unknown time zone")
    return name


def _known_fields(text: str) -> str:
    try:
        merge_fields.require_known(text)
    except InvalidInputError as error:
        raise ValueError(str(error)) from error
    return text


Prose = Annotated[str, AfterValidator(_known_fields)]
"""What a report starts from, with merge fields."""


class SkillItem(BaseModel):
    """A modality, with dates of its own or those of the reader."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    modality: Modality
    valid_from: date | None = None
    valid_to: date | None = None


class SiteItem(BaseModel):
    """A site, with dates of its own or those of the block."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    site: Code
    valid_from: date | None = None
    valid_to: date | None = None


class CoverItem(SiteItem):
    """A site that a line covers, from an hour of its own or that of the line."""

    starts_at: time | None = None


class QuotaItem(BaseModel):
    """How much a member may keep, with dates of its own or those of the member."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    gb: Gigabytes
    valid_from: date | None = None
    valid_to: date | None = None


class RoleItem(BaseModel):
    """A role at some sites."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    role: Role
    sites: Annotated[tuple[Code, ...], Field(min_length=1)]


def _named(key: str) -> BeforeValidator:
    """Let `"X"` stand for `{key = "X"}`."""
    return BeforeValidator(lambda item: {key: item} if isinstance(item, str) else item)


def _quotas(value: object) -> object:
    """Let `500` stand for `[{gb = 500}]`."""
    return value if isinstance(value, list) else [{"gb": value}]


class TerritoryBlock(Block):
    """The territory itself."""

    code: Text
    name: Text


class MemberBlock(Dated):
    """A member."""

    code: Code
    name: Text
    finess: Finess | None = None
    quota_gb: Annotated[tuple[QuotaItem, ...], BeforeValidator(_quotas)] = ()


class SiteBlock(Dated):
    """A site."""

    code: Code
    member: Code
    name: Text
    town: Text
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Paris"
    finess: Finess | None = None


class MachineBlock(Dated):
    """A machine."""

    ae_title: AeTitle
    site: Code
    modality: Modality
    name: Text
    manufacturer: Text | None = None
    model: Text | None = None
    issuer: Issuer | None = None
    character_set: CharacterSet | None = None
    accession_prefix: Prefix | None = None
    max_associations: Limit | None = None


class ExamBlock(Block):
    """An exam that can be asked for."""

    code: Code
    name: Text
    name_en: Text
    modality: Modality
    region: Text
    ccam: Annotated[str, StringConstraints(pattern=r"^[A-Z]{4}[0-9]{3}$")] | None = None
    ccam_verified: bool = False
    minutes: Annotated[int, Field(gt=0)]
    technique: Prose = ""
    result: Prose = ""
    conclusion: Prose = ""


class PersonBlock(Dated):
    """Somebody with an account."""

    code: Code
    login: Login
    name: Text
    roles: tuple[RoleItem, ...] = ()  # a reader is also a reader wherever they have a privilege


class ReaderBlock(PersonBlock):
    """A reader: what they may read, and for whom."""

    rpps: Rpps | None = None
    specialty: Text
    home: Code
    skills: Annotated[tuple[Annotated[SkillItem, _named("modality")], ...], Field(min_length=1)]
    privileges: Annotated[tuple[Annotated[SiteItem, _named("site")], ...], Field(min_length=1)]


class StaffBlock(PersonBlock):
    """Somebody else."""

    roles: tuple[RoleItem, ...] = Field(default=(), min_length=1, validate_default=True)


class LineBlock(Dated):
    """A line of duty."""

    code: Code
    name: Text
    place: Code
    starts_at: time
    ends_at: time
    readers: Annotated[int, Field(gt=0)]
    covers: Annotated[tuple[Annotated[CoverItem, _named("site")], ...], Field(min_length=1)]
    days: Literal["all", "off", "working"] = "all"  # off: weekends and public holidays
    skill: Code | None = None
    closed: tuple[ClosedItem, ...] = ()
    operator: OperatorItem | None = None


class DelayBlock(Dated):
    """A delay target; the most specific one holds."""

    urgency: Urgency
    site: Code | None = None
    modality: Literal[Modality, "*"] = "*"
    minutes: Annotated[int, Field(gt=0)]
    source: Text
    verified: bool = False


class DestinationBlock(Dated):
    """A system that receives reports."""

    code: Code
    site: Code
    kind: Literal["mllp"] = "mllp"
    host: Text
    port: Annotated[int, Field(ge=1, le=65535)]
    application: Text
    facility: Text


class PeerBlock(Dated):
    """Another DICOM system."""

    ae_title: AeTitle
    name: Text
    host: Text
    port: Annotated[int, Field(ge=1, le=65535)]
    site: Code | None = None
    may_store: bool = False
    may_query: bool = False
    may_retrieve: bool = False
    uses_tls: bool = False
    commits: bool = False
    wants_availability: bool = False
    fetches_by: Literal["get", "move", "web"] | None = None
    web_url: WebUrl | None = None
    issuer: Issuer | None = None
    character_set: CharacterSet | None = None
    accession_prefix: Prefix | None = None
    tls_ca: Text | None = None
    tls_cert: Text | None = None
    tls_key: Text | None = None
    max_associations: Limit | None = None

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if self.fetches_by == "web" and self.web_url is None:
            raise ValueError("fetching by web needs a web_url")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("a certificate and its key go together")
        return self


class RouteBlock(Dated):
    """What is sent on to a peer."""

    site: Code
    modality: Modality | Literal["*"] = "*"
    peer: AeTitle


class RetentionBlock(Dated):
    """How long a member keeps the images of its patients after their last visit."""

    member: Code
    modality: Modality | Literal["*"] = "*"
    years: Annotated[int, Field(ge=1, le=100)]
    until_age: Annotated[int, Field(ge=1, le=120)] | None = None
    years_after_death: Annotated[int, Field(ge=1, le=100)] | None = None
    source: Text


class RosterBlock(Block):
    """Who takes a line on a day; the first is called first."""

    line: Code
    on: date
    readers: Annotated[tuple[Code, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryFile:
    """A whole file; what could not be understood is left out, and named in its problems."""

    name: str
    digest: str
    members: tuple[MemberBlock, ...]
    sites: tuple[SiteBlock, ...]
    machines: tuple[MachineBlock, ...]
    exams: tuple[ExamBlock, ...]
    readers: tuple[ReaderBlock, ...]
    staff: tuple[StaffBlock, ...]
    lines: tuple[LineBlock, ...]
    delays: tuple[DelayBlock, ...]
    destinations: tuple[DestinationBlock, ...]
    peers: tuple[PeerBlock, ...]
    routes: tuple[RouteBlock, ...]
    retentions: tuple[RetentionBlock, ...]
    roster: tuple[RosterBlock, ...]
    contracts: tuple[ContractBlock, ...] = ()
    sessions: tuple[SessionBlock, ...] = ()
    travels: tuple[TravelBlock, ...] = ()
    shares: tuple[ShareBlock, ...] = ()
    agreements: tuple[AgreementBlock, ...] = ()
    tariffs: tuple[TariffBlock, ...] = ()
    duty_pay: tuple[DutyPayBlock, ...] = ()
