"""Who asks, and what they may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from plateau.kernel.ids import PersonId, SiteId


class Role(StrEnum):
    """What somebody is at a site."""

    READER = "reader"
    COORDINATOR = "coordinator"
    TECHNOLOGIST = "technologist"
    REQUESTER = "requester"
    MANAGER = "manager"
    PHYSICIST = "physicist"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A signed-in person: their roles, each at the sites where they hold it."""

    person_id: PersonId
    name: str
    roles: Mapping[Role, frozenset[SiteId]]
    language: str = "fr"
    theme: str = "auto"
    csrf: str = field(default="", repr=False)

    @property
    def sites(self) -> frozenset[SiteId]:
        """Every site where they hold any role."""
        return frozenset[SiteId]().union(*self.roles.values())

    def sites_as(self, *roles: Role) -> frozenset[SiteId]:
        """The sites where they hold at least one of `roles`."""
        return frozenset[SiteId]().union(*(self.roles.get(role, frozenset()) for role in roles))

    def is_one_of(self, *roles: Role) -> bool:
        """Whether they hold one of `roles` anywhere."""
        return bool(self.sites_as(*roles))
