from uuid import UUID

import pytest

from make import a_caller
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import PersonId, SiteId
from plateau.web.navigation import ITEMS, home, navigation, standing_at

SITE = SiteId(UUID(int=1))
PERSON = PersonId(UUID(int=2))


@pytest.mark.parametrize("role", Role)
def test_everybody_works_in_a_page_they_may_open(role: Role) -> None:
    caller = a_caller(PERSON, SITE, role=role)
    assert home(caller) in {item.href for item in navigation(caller)}


def test_somebody_without_a_role_opens_nothing() -> None:
    assert navigation(Caller(person_id=PERSON, name="Dr Essai", roles={})) == []


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("/requests", "/requests"),
        ("/requests/new", "/requests"),
        ("/requests/inbox", "/requests/inbox"),
        ("/requestsandmore", None),
        ("/me", None),
    ],
)
def test_one_entry_at_most_is_the_current_page(path: str, href: str | None) -> None:
    found = standing_at(ITEMS, path)
    assert (found.href if found else None) == href
