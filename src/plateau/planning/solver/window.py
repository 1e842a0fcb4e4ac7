"""Some posts decided together, duties and sessions alike, with everything else as it is."""

from collections.abc import Iterable, Sequence

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Post
from plateau.planning.solver import sessions
from plateau.planning.solver import stage as stages
from plateau.planning.solver.book import Book
from plateau.planning.solver.stage import Stage

Held = tuple[PersonId, Post]


def opened(book: Book, held: Iterable[Held], posts: Sequence[Post]) -> Stage:
    """The model of some posts beside the work that people hold on the others."""
    ids = {post.post_id for post in posts}
    settled = stages.by_time((who, post) for who, post in held if post.post_id not in ids)
    return sessions.alone(book, settled, posts)
