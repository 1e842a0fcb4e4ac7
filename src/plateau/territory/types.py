"""What a territory is made of: one frozen value per row of its tables.

Every dated value holds from `valid_from` until the day before `valid_to` (None: no end known).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import DestinationId, DeviceId, LineId, MemberId, PersonId, SiteId


@dataclass(frozen=True, slots=True)
class Member:
    """A hospital or practice that belongs to the pool."""

    member_id: MemberId
    code: str
    name: str
    finess: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Site:
    """A place of a member where exams are made or read."""

    site_id: SiteId
    code: str
    member_id: MemberId
    name: str
    town: str
    latitude: float
    longitude: float
    time_zone: str
    finess: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Device:
    """A machine of a site, known to others by its AE title.

    What it sends is read as if it said this issuer of its patients' identifiers, this character set
    and this prefix of its accession numbers.
    """

    device_id: DeviceId
    site_id: SiteId
    ae_title: str
    modality: str
    name: str
    manufacturer: str | None
    model: str | None
    issuer: str | None
    character_set: str | None
    accession_prefix: str | None
    max_associations: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ExamType:
    """An exam people ask for, and the texts its report starts from.

    `ccam` is the code of the act, to be checked before use unless `ccam_verified`.
    """

    exam_code: str
    name: str
    name_en: str
    modality: str
    region: str
    ccam: str | None
    ccam_verified: bool
    minutes: int
    technique: str
    result: str
    conclusion: str
    withdrawn_on: date | None


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A reader of the territory; their name is that of their account."""

    person_id: PersonId
    code: str
    rpps: str | None
    specialty: str
    home_site_id: SiteId
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody else whose account the territory file makes."""

    person_id: PersonId
    code: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Skill:
    """A reader may read a modality."""

    person_id: PersonId
    modality: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Privilege:
    """A reader may read for a site."""

    person_id: PersonId
    site_id: SiteId
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of duty: so many readers, at one place, between two hours of the local day.

    It ends on the next day when `ends_at` is not after `starts_at`.
    """

    line_id: LineId
    code: str
    name: str
    place_site_id: SiteId
    starts_at: time
    ends_at: time
    readers: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class LineSite:
    """A line covers a site, from an hour that may be earlier or later than the line's own."""

    line_id: LineId
    site_id: SiteId
    starts_at: time
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class DelayTarget:
    """Minutes allowed between a complete exam and its signed report: a contract parameter."""

    urgency: str  # the value of an Urgency
    site_id: SiteId | None  # none: all of them
    modality: str  # *: all of them
    minutes: int
    source: str
    verified: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Destination:
    """A system that receives the reports of a site; `application` and `facility` name it."""

    destination_id: DestinationId
    code: str
    site_id: SiteId
    kind: str
    host: str
    port: int
    application: str
    facility: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Peer:
    """Another DICOM system, by the title it calls itself: where it is, and what it may ask.

    One without a site belongs to the whole pool. The address of a machine is a peer of its title.
    """

    ae_title: str
    name: str
    host: str
    port: int
    site_id: SiteId | None
    may_store: bool
    may_query: bool
    may_retrieve: bool
    uses_tls: bool
    commits: bool  # it answers for what it keeps, when asked (storage commitment)
    wants_availability: bool  # it is told which studies can be had here
    fetches_by: str | None  # how we fetch what it has: get, move or web
    web_url: str | None  # where its DICOMweb is
    issuer: str | None
    character_set: str | None
    accession_prefix: str | None
    tls_ca: str | None
    tls_cert: str | None
    tls_key: str | None
    max_associations: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Route:
    """The complete studies of a site, of one modality or of all (`*`), are sent on to a peer."""

    site_id: SiteId
    modality: str
    ae_title: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a member may keep at most before only machines still store for it.

    Units: GB.
    """

    member_id: MemberId
    gb: float
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a member keeps images, of one modality or of all (`*`), after the last visit.

    At least until an age; for who died meanwhile, some years after death instead.
    Source: Code de la santé publique, R.1112-7.
    """

    member_id: MemberId
    modality: str
    years: int
    until_age: int | None
    years_after_death: int | None
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """Something that members count with: an agreement, a tariff, the pay of a duty.

    `terms` is JSON: amounts and percents are whole hundredths.
    """

    kind: str
    code: str
    terms: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Account:
    """The sign-in name of somebody whom the territory file names."""

    person_id: PersonId
    login: str
    name: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a site."""

    person_id: PersonId
    role: str  # the value of a Role
    site_id: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What loading a file did to one thing, in words a person can check.

    `field`, `before` and `after` are set when one attribute of a known thing changed.
    """

    verb: str  # added, changed, ended
    kind: str  # member, site, device…
    code: str
    field: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a territory file, at a line of it (from 1)."""

    line: int
    reason: InvalidInputError


class BrokenFileError(InvalidInputError):
    """Everything that is wrong in a territory file; nothing was loaded."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        lines = [f"{name}:{problem.line}: {problem.reason}" for problem in problems]
        super().__init__("{problems}", problems="\n".join(lines))
        self.name = name
        self.problems = tuple(problems)
