"""Which delay holds for an exam: pure."""

from collections.abc import Iterable

from plateau.kernel.ids import SiteId
from plateau.kernel.urgency import Urgency
from plateau.territory.types import DelayTarget

ALL = "*"  # modalities


def most_specific(
    targets: Iterable[DelayTarget],
    urgency: Urgency,
    *,
    site_id: SiteId | None = None,
    modality: str = ALL,
) -> DelayTarget | None:
    """Of the targets in force on a day, the one that holds.

    First of the site and modality, then of the site, then of the modality, then of all; the latest
    among equals.
    """
    fitting = (
        one
        for one in targets
        if one.urgency == urgency
        and one.site_id in {None, site_id}
        and one.modality in {ALL, modality}
    )
    return max(
        fitting,
        key=lambda one: (one.site_id is not None, one.modality != ALL, one.valid_from),
        default=None,
    )
