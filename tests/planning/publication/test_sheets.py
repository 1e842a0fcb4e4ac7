"""Spreadsheets made elsewhere: posts by their name or their machine, faults by cell."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from openpyxl import Workbook

from planning.publication.little import FIRST, NAMES, Pool, a_pool
from plateau.planning.publication import sheets
from plateau.planning.roster.types import Assignment, Problem
from plateau.platform.db import Tx


def a_sheet(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def renamed(pool: Pool) -> Problem:
    """The same, but a session has a name that is not its machine's."""
    posts = tuple(
        replace(post, name="Scanner du matin") if post.machine else post
        for post in pool.problem.posts
    )
    return replace(pool.problem, posts=posts)


def test_a_post_is_found_by_its_machine_or_its_name(tx: Tx) -> None:
    pool = a_pool(tx)
    wanted = {Assignment(pool.session(0).post_id, pool.doctors[0])}
    for text in ("M ct1", "m  Scanner du MATIN"):
        held, faults = sheets.read(a_sheet(["", FIRST], [NAMES[0], text]), renamed(pool))
        assert (held, faults) == (wanted, [])


def test_one_too_many_is_said_at_the_second_cell(tx: Tx) -> None:
    pool = a_pool(tx)
    content = a_sheet(["", FIRST], [NAMES[0], "M CT1"], [NAMES[1], "M Scanner du matin"])

    held, faults = sheets.read(content, renamed(pool))

    assert {one.person_id for one in held} == {pool.doctors[0]}
    (fault,) = faults
    assert (fault.cell, fault.values["person"]) == ("B3", NAMES[1])
