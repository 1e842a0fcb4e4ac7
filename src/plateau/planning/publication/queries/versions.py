"""Periods, posts, versions and their assignments."""

from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import PersonId, SiteId
from plateau.planning.publication.types import Held, Period, Person, PostRow, Version
from plateau.planning.roster.types import Assignment, Post
from plateau.platform.db import Tx, json


def periods(tx: Tx) -> list[Period]:
    """Every period, the newest first."""
    return tx.all(
        Period,
        """
        select period_id, first_on, last_on, loaded_at from planning.period
        order by first_on desc limit 200
        """,
    )


def period_at(tx: Tx, *, first: date, last: date) -> Period | None:
    """The first period that has a day between two days."""
    return tx.maybe(
        Period,
        """
        select period_id, first_on, last_on, loaded_at from planning.period
        where first_on <= %(last)s and last_on >= %(first)s order by first_on limit 1
        """,
        first=first,
        last=last,
    )


def period(tx: Tx, period_id: UUID) -> Period:
    """One period."""
    return tx.one(
        Period,
        "select period_id, first_on, last_on, loaded_at from planning.period"
        " where period_id = %(id)s",
        id=period_id,
    )


def problem(tx: Tx, period_id: UUID) -> bytes:
    """The problem of a period, as it was read."""
    return str(
        tx.value("select problem from planning.period where period_id = %(id)s", id=period_id)
    ).encode()


def put_period(tx: Tx, one: Period, problem: bytes) -> None:
    """A period with its problem, new or read again."""
    tx.run(
        """
        insert into planning.period (period_id, first_on, last_on, problem, loaded_at)
        values (%(id)s, %(first)s, %(last)s, %(problem)s, %(at)s)
        on conflict (period_id) do update
        set problem = excluded.problem, loaded_at = excluded.loaded_at
        """,
        id=one.period_id,
        first=one.first_on,
        last=one.last_on,
        problem=problem.decode(),
        at=one.loaded_at,
    )


def put_posts(tx: Tx, period_id: UUID, posts: Iterable[Post], *, at: datetime) -> None:
    """The posts of a period; those that are no longer asked for are withdrawn."""
    rows = [_row(period_id, post) for post in posts]
    tx.run(
        "update planning.post set withdrawn_at = %(at)s"
        " where period_id = %(period)s and withdrawn_at is null and not post_id = any(%(ids)s)",
        at=at,
        period=period_id,
        ids=[row["post_id"] for row in rows],
    )
    tx.run_many(
        """
        insert into planning.post
          (post_id, period_id, kind, day, half, starts_at, ends_at, site_id, name, needed, line_id,
           machine, first_position)
        values (%(post_id)s, %(period_id)s, %(kind)s, %(day)s, %(half)s, %(starts_at)s,
                %(ends_at)s, %(site_id)s, %(name)s, %(needed)s, %(line_id)s, %(machine)s,
                %(first_position)s)
        on conflict (post_id) do update set
          starts_at = excluded.starts_at, ends_at = excluded.ends_at, name = excluded.name,
          needed = excluded.needed, withdrawn_at = null
        """,
        rows,
    )


def _row(period_id: UUID, post: Post) -> dict[str, object]:
    return {
        "post_id": post.post_id,
        "period_id": period_id,
        "kind": post.kind.value,
        "day": post.on,
        "half": post.half.value,
        "starts_at": post.starts_at,
        "ends_at": post.ends_at,
        "site_id": post.site_id,
        "name": post.name,
        "needed": post.needed,
        "line_id": post.line_id,
        "machine": post.machine,
        "first_position": post.first_position,
    }


def posts(
    tx: Tx, *, first: date, last: date, sites: Set[SiteId], person_id: PersonId
) -> list[PostRow]:
    """The posts between two days at some sites, or on lines that cover them, or held by somebody
    in what is published."""
    return tx.all(
        PostRow,
        """
        select p.post_id, p.kind, p.day, p.half, p.starts_at, p.ends_at, p.site_id,
               s.code as site_code, s.name as site_name, p.name, p.needed, p.line_id, p.machine,
               p.first_position
        from planning.post p
        join territory.site s using (site_id)
        where p.day between %(first)s and %(last)s and p.withdrawn_at is null
          and (p.site_id = any(%(sites)s)
               or exists (select from territory.line_site c
                          where c.line_id = p.line_id and c.site_id = any(%(sites)s))
               or exists (select from planning.assignment a
                          join planning.version v using (version_id)
                          where a.post_id = p.post_id and a.person_id = %(person)s
                            and v.state = 'published'))
        order by p.starts_at, p.name, p.first_position, p.post_id
        limit 20000
        """,
        first=first,
        last=last,
        sites=list(sites),
        person=person_id,
    )


def versions(tx: Tx, period_id: UUID) -> list[Version]:
    """The versions of a period, the newest first."""
    return tx.all(
        Version,
        """
        select version_id, period_id, number, state, parent_id, author, reason, made_at,
               published_at, solve_id
        from planning.version where period_id = %(period)s and state <> 'dropped'
        order by number desc limit 500
        """,
        period=period_id,
    )


def version(tx: Tx, version_id: UUID, *, locked: bool = False) -> Version:
    """One version; `locked` against others who would change it."""
    if locked:
        tx.run(
            "select from planning.version where version_id = %(id)s for update", id=version_id
        )  # fmt: skip
    return tx.one(
        Version,
        """
        select version_id, period_id, number, state, parent_id, author, reason, made_at,
               published_at, solve_id
        from planning.version where version_id = %(id)s
        """,
        id=version_id,
    )


def published(tx: Tx, period_id: UUID) -> Version | None:
    """What is published of a period."""
    return tx.maybe(
        Version,
        """
        select version_id, period_id, number, state, parent_id, author, reason, made_at,
               published_at, solve_id
        from planning.version where period_id = %(period)s and state = 'published'
        """,
        period=period_id,
    )


def lock_period(tx: Tx, period_id: UUID) -> None:
    """One writer at a time publishes or numbers versions of a period; NotFoundError without it."""
    if not tx.values(
        "select 1 from planning.period where period_id = %(id)s for update", id=period_id
    ):
        raise NotFoundError("there is no roster of these days")


def add_version(tx: Tx, one: Version, *, author_id: PersonId | None) -> None:
    """A version, without its assignments; it takes the next number of its period."""
    tx.run(
        """
        insert into planning.version
          (version_id, period_id, number, state, parent_id, author_id, author, reason, made_at,
           published_at, solve_id)
        values (%(id)s, %(period)s,
                (select coalesce(max(number), 0) + 1 from planning.version
                 where period_id = %(period)s),
                %(state)s, %(parent)s, %(author_id)s, %(author)s, %(reason)s, %(made)s,
                %(published)s, %(solve)s)
        """,
        id=one.version_id,
        period=one.period_id,
        state=one.state,
        parent=one.parent_id,
        author_id=author_id,
        author=one.author,
        reason=one.reason,
        made=one.made_at,
        published=one.published_at,
        solve=one.solve_id,
    )


def set_state(tx: Tx, version_id: UUID, *, state: str, reason: str, at: datetime | None) -> None:
    """A version is published, past or dropped."""
    tx.run(
        """
        update planning.version
        set state = %(state)s, published_at = coalesce(%(at)s, published_at),
            reason = case when %(reason)s = '' then reason else %(reason)s end
        where version_id = %(id)s
        """,
        id=version_id,
        state=state,
        reason=reason,
        at=at,
    )


def assignments(tx: Tx, version_id: UUID) -> frozenset[Assignment]:
    """Who holds which post in a version."""
    return frozenset(
        tx.all(
            Assignment,
            "select post_id, person_id, position from planning.assignment"
            " where version_id = %(id)s order by post_id, position",
            id=version_id,
        )
    )


def put_assignments(
    tx: Tx, version_id: UUID, *, removed: Iterable[Assignment], added: Iterable[Assignment]
) -> None:
    """A version loses some assignments, then gains others."""
    gone, come = sorted(removed), sorted(added)
    if gone:
        tx.run(
            """
            delete from planning.assignment a
            using unnest(%(posts)s::uuid[], %(people)s::uuid[]) as g(post_id, person_id)
            where a.version_id = %(id)s and a.post_id = g.post_id and a.person_id = g.person_id
            """,
            id=version_id,
            posts=[one.post_id for one in gone],
            people=[one.person_id for one in gone],
        )
    if come:
        tx.run(
            """
            insert into planning.assignment (version_id, post_id, person_id, position)
            select %(id)s, g.* from unnest(%(posts)s::uuid[], %(people)s::uuid[],
                                           %(positions)s::int[]) as g
            """,
            id=version_id,
            posts=[one.post_id for one in come],
            people=[one.person_id for one in come],
            positions=[one.position for one in come],
        )


def add_edit(
    tx: Tx, version_id: UUID, *, author: str, at: datetime,
    removed: Iterable[Assignment], added: Iterable[Assignment],
) -> None:  # fmt: skip
    """Note what was done to a draft."""
    tx.run(
        """
        insert into planning.edit (version_id, author, at, removed, added)
        values (%(id)s, %(author)s, %(at)s, %(removed)s, %(added)s)
        """,
        id=version_id,
        author=author,
        at=at,
        removed=json([_triple(one) for one in sorted(removed)]),
        added=json([_triple(one) for one in sorted(added)]),
    )


def _triple(one: Assignment) -> list[object]:
    return [str(one.post_id), str(one.person_id), one.position]


def last_edit(tx: Tx, version_id: UUID) -> tuple[int, list[Assignment], list[Assignment]] | None:
    """The last thing done to a draft that was not undone: what it removed and added."""
    found = tx.values(
        """
        select jsonb_build_array(edit_id, removed, added) from planning.edit
        where version_id = %(id)s and not undone order by edit_id desc limit 1
        """,
        id=version_id,
    )
    if not found:
        return None
    edit_id, removed, added = found[0]
    return edit_id, _assignments(removed), _assignments(added)


def _assignments(triples: Sequence[Sequence[object]]) -> list[Assignment]:
    return [
        Assignment(UUID(str(post)), PersonId(UUID(str(person))), int(str(position)))
        for post, person, position in triples
    ]


def mark_undone(tx: Tx, edit_id: int) -> None:
    """An edit was taken back."""
    tx.run("update planning.edit set undone = true where edit_id = %(id)s", id=edit_id)


def edits(tx: Tx, version_id: UUID) -> int:
    """How many things done to a draft stand."""
    return int(
        tx.value(
            "select count(*) from planning.edit where version_id = %(id)s and not undone",
            id=version_id,
        )
    )


def names(tx: Tx, people: Iterable[PersonId]) -> list[Person]:
    """The names of some people."""
    return tx.all(
        Person,
        "select person_id, name from access.account where person_id = any(%(ids)s)"
        " order by name, person_id",
        ids=list(people),
    )


def known(tx: Tx, people: Iterable[PersonId]) -> frozenset[PersonId]:
    """Those of some people who have an account."""
    return frozenset(one.person_id for one in names(tx, people))


def held_by(
    tx: Tx, person_id: PersonId | None, *, since: datetime, until: datetime
) -> list[Held]:  # fmt: skip
    """The published posts of somebody (None: of everybody) between two instants, by start."""
    return tx.all(
        Held,
        """
        select p.post_id, p.period_id, a.person_id, c.name as person_name,
               p.first_position + a.position - 1 as position, p.kind, p.day, p.half,
               p.starts_at, p.ends_at, s.code as site_code, s.name as site_name, p.name,
               l.name as line_name
        from planning.assignment a
        join planning.version v using (version_id)
        join planning.post p using (post_id)
        join territory.site s using (site_id)
        join access.account c on c.person_id = a.person_id
        left join territory.line l using (line_id)
        where v.state = 'published' and p.ends_at > %(since)s and p.starts_at < %(until)s
          and (%(person)s::uuid is null or a.person_id = %(person)s)
        order by p.starts_at, p.name, position, p.post_id
        limit 20000
        """,
        person=person_id,
        since=since,
        until=until,
    )


def period_of(tx: Tx, post_id: UUID) -> UUID | None:
    """The period of a post."""
    return tx.value("select period_id from planning.post where post_id = %(id)s", id=post_id)
