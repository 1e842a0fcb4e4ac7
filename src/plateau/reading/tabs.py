"""The pages of what is looked at twice, each for those who may open it."""

from plateau.kernel.caller import Caller, Role

_CARE = (Role.READER, Role.COORDINATOR, Role.REQUESTER)


def of(caller: Caller) -> list[tuple[str, str]]:
    """The pages that the caller may open: address, code of its name."""
    found: list[tuple[str, str]] = []
    if caller.is_one_of(Role.READER, Role.COORDINATOR):
        found.append(("/reviews", "second"))
    if caller.is_one_of(Role.READER):
        found.append(("/opinions", "opinions"))
    if caller.is_one_of(*_CARE):
        found += [("/meetings", "meetings"), ("/biopsies", "biopsies")]
    if caller.is_one_of(Role.READER, Role.COORDINATOR, Role.MANAGER):
        found += [("/reviews/rules", "rules"), ("/reviews/figures", "figures")]
    if caller.is_one_of(Role.READER, Role.COORDINATOR, Role.MANAGER, Role.ADMINISTRATOR):
        found.append(("/assistant", "drafts"))
    if caller.is_one_of(Role.READER, Role.COORDINATOR, Role.ADMINISTRATOR):
        found.append(("/library", "library"))
    return found
