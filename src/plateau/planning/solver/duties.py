"""First stage: who is on call, over the whole period, so that burdens can be shared fairly."""

from collections.abc import Iterable, Mapping, Sequence

from plateau.kernel.ids import PersonId
from plateau.planning.roster.targets import Fairness
from plateau.planning.roster.types import Burden, Kind, Post
from plateau.planning.solver import comfort, fair, loads, stage
from plateau.planning.solver.book import Book
from plateau.planning.solver.stage import Stage


def build(
    book: Book,
    settled: Mapping[PersonId, Sequence[Post]],
    posts: Iterable[Post],
    fairness: Mapping[Burden, Fairness],
) -> Stage:
    """The model of the duties still free."""
    duties = stage.opened(book, (one for one in posts if one.kind is Kind.DUTY), settled)
    stage.cover(duties)
    stage.keep_apart(duties)
    loads.post(duties)
    comfort.post(duties)
    fair.post_burdens(duties, fairness)
    return duties
