"""Where things stand in a TOML text."""

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from plateau.territory.locate import locate

TEXT = dedent(
    '''\
    # a comment
    [territory]
    name = "Essai"

    [[site]]
    code = "A"
    text = """
    several
    [[site]]
    lines"""

    [[site]]
    code = "B"
    covers = [
        "A",
        # not an element
        { site = "B",
          since = 2020-01-01 }, { site = "C" },
        "D",  # ] in a comment
    ]
    [[site.room]]
    name = "1"
    [[site.room]]
    name = "2"
    [site.owner]
    "quoted key" = 1
    a.b = 2
    '''
).replace('{ site = "B",\n      since', '{ site = "B", since')


def test_tables_and_keys_have_their_line() -> None:
    lines = locate(TEXT)
    assert lines.of("territory") == 2
    assert lines.of("territory", "name") == 3
    assert lines.of("site", 0) == 5
    assert lines.of("site", 0, "text") == 7
    assert lines.of("site", 1) == 12
    assert lines.of("site", 1, "code") == 13


def test_elements_of_an_array_over_several_lines_have_their_line() -> None:
    lines = locate(TEXT)
    rows = TEXT.split("\n")
    assert [lines.of("site", 1, "covers", n) for n in range(4)] == [
        1 + next(i for i, row in enumerate(rows) if row.strip().startswith(start))
        for start in ('"A"', "{ site", "{ site", '"D"')
    ]


def test_tables_inside_the_last_element_are_found() -> None:
    lines = locate(TEXT)
    rows = TEXT.split("\n")
    assert rows[lines.of("site", 1, "room", 1, "name") - 1] == 'name = "2"'
    assert rows[lines.of("site", 1, "owner", "quoted key") - 1] == '"quoted key" = 1'
    assert rows[lines.of("site", 1, "owner", "a") - 1] == "a.b = 2"


def test_what_is_absent_stands_where_its_container_does() -> None:
    assert locate(TEXT).of("site", 0, "latitude") == 5
    assert locate(TEXT).of("nothing") == 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_every_block_stands_on_its_header(gaps: list[int]) -> None:
    text = "".join("\n" * gap + f"[[b]]\nn = {n}\nl = [\n1,\n2]\n" for n, gap in enumerate(gaps))
    rows, lines = text.split("\n"), locate(text)
    for n in range(len(gaps)):
        assert rows[lines.of("b", n) - 1] == "[[b]]"
        assert rows[lines.of("b", n, "n") - 1] == f"n = {n}"
        assert rows[lines.of("b", n, "l", 1) - 1] == "2]"
