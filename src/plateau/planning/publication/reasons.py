"""Why somebody cannot take a post, in words."""

from collections.abc import Iterable
from typing import NamedTuple

from plateau.kernel.words import N_
from plateau.planning.roster.types import Person, Post


class Reason(NamedTuple):
    """An English sentence with places, and what fills them."""

    text: str
    values: dict[str, str]


def why_not(person: Person, post: Post) -> Reason | None:
    """What keeps somebody from a post before any other work is looked at."""
    contract = person.contract(post.on)
    skill, line = post.skill, post.line_id
    claims = (
        (contract is None, N_("has no contract on that day")),
        (
            contract is not None and contract.status not in post.statuses,
            N_("is not of a profession that the post accepts"),
        ),
        (person.is_on_leave(post.on), N_("is away on that day")),
        (
            skill is not None and not person.has(skill, post.on),
            N_("does not have the skill {skill}"),
        ),
        (not person.may_work_at(post.site_id, post.on), N_("may not work at that site")),
        (line is not None and line not in person.lines, N_("does not take part in this line")),
    )
    text = next((text for is_so, text in claims if is_so), None)
    return Reason(text, {"skill": skill or ""}) if text else None


def unable(people: Iterable[Person], post: Post) -> list[tuple[Person, Reason]]:
    """Those who cannot take a post, each with the reason."""
    found = ((person, why_not(person, post)) for person in people)
    return [(person, reason) for person, reason in found if reason is not None]
