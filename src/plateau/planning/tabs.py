"""The pages of planning that somebody may open."""

from plateau.kernel.caller import Caller, Role
from plateau.planning.publication.service.desk import COORDINATORS

_STEERING = (Role.COORDINATOR, Role.MANAGER, Role.READER, Role.ADMINISTRATOR)


def of(caller: Caller) -> list[tuple[str, str]]:
    """The pages of planning that the caller may open: address, code of its name."""
    found = [("/roster", "roster"), ("/my/roster", "mine"), ("/roster/swaps", "swaps")]
    if caller.is_one_of(*COORDINATORS):
        found += [("/roster/build", "build"), ("/roster/terms", "terms"),
                  ("/roster/grounds", "grounds"), ("/roster/versions", "versions")]  # fmt: skip
    if caller.is_one_of(*_STEERING):
        found.append(("/equity", "equity"))
    found.append(("/roster/rules", "rules"))
    return found
