"""The main pages, each for the roles that may open it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plateau.kernel.caller import Caller, Role


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the main navigation."""

    href: str
    text: str
    roles: frozenset[Role]
    also: tuple[str, ...] = ()  # pages elsewhere that belong to it


def _(text: str) -> str:
    """Mark a text for translation; the page translates it."""
    return text


ITEMS = (
    Item(
        "/worklist",
        _("Reading"),
        frozenset({Role.READER, Role.COORDINATOR}),
        ("/reviews", "/opinions", "/meetings", "/biopsies"),
    ),
    Item("/requests/inbox", _("To justify"), frozenset({Role.READER})),
    Item("/control", _("Control"), frozenset({Role.COORDINATOR})),
    Item("/requests", _("Requests"), frozenset({Role.REQUESTER, Role.COORDINATOR})),
    Item("/results", _("Results"), frozenset({Role.REQUESTER})),
    Item("/acquisition", _("Acquisition"), frozenset({Role.TECHNOLOGIST, Role.COORDINATOR})),
    Item(
        "/images",
        _("Images"),
        frozenset(
            {Role.READER, Role.TECHNOLOGIST, Role.COORDINATOR, Role.PHYSICIST, Role.ADMINISTRATOR}
        ),
    ),
    Item(
        "/loops",
        _("To follow"),
        frozenset({Role.READER, Role.COORDINATOR, Role.REQUESTER, Role.TECHNOLOGIST}),
    ),
    Item("/deliveries", _("Deliveries"), frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})),
    Item("/oncall", _("On call"), frozenset(Role)),
    Item(
        "/roster",
        _("Planning"),
        frozenset({Role.READER, Role.COORDINATOR, Role.TECHNOLOGIST, Role.MANAGER}),
        ("/my/roster", "/equity"),
    ),
    Item(
        "/activity",
        _("Activity"),
        frozenset({Role.MANAGER, Role.COORDINATOR, Role.ADMINISTRATOR, Role.READER}),
        ("/counters", "/statements"),
    ),
    Item(
        "/indicators",
        _("Indicators"),
        frozenset({Role.MANAGER, Role.COORDINATOR, Role.ADMINISTRATOR}),
    ),
    Item("/assistant", _("Draft programs"), frozenset({Role.ADMINISTRATOR})),
    Item("/admin/audit", _("Audit trail"), frozenset({Role.ADMINISTRATOR})),
)
_HOMES: tuple[tuple[Role, str], ...] = (
    (Role.READER, "/worklist"),
    (Role.COORDINATOR, "/control"),
    (Role.TECHNOLOGIST, "/acquisition"),
    (Role.REQUESTER, "/requests"),
    (Role.MANAGER, "/activity"),
    (Role.ADMINISTRATOR, "/admin/audit"),
)


def navigation(caller: Caller) -> list[Item]:
    """The pages this caller may open."""
    return [item for item in ITEMS if caller.is_one_of(*item.roles)]


def standing_at(items: Sequence[Item], path: str) -> Item | None:
    """The page among `items` to which the path belongs: the most precise one."""
    around = [
        (len(href), item)
        for item in items
        for href in (item.href, *item.also)
        if path == href or path.startswith(f"{href}/")
    ]
    return max(around, key=lambda one: one[0], default=(0, None))[1]


def home(caller: Caller) -> str:
    """The page this caller works in."""
    may: Callable[[Role], bool] = caller.is_one_of
    return next((href for role, href in _HOMES if may(role)), "/oncall")
