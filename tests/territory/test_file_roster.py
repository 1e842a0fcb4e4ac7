"""A roster is refused for each reader who may not be on that duty, with the line that says so."""

from territory.broken import SMALL, broken, problems


def test_roster_with_an_unknown_reader() -> None:
    assert broken('readers = ["UN"]', 'readers = ["PERSONNE"]') == [
        ('readers = ["PERSONNE"]', "no reader has the code PERSONNE")
    ]


def test_roster_with_an_unknown_line() -> None:
    assert broken('line = "NUIT"', 'line = "SOIR"') == [
        ('line = "SOIR"', "no line has the code SOIR")
    ]


def test_roster_with_a_reader_without_privilege() -> None:
    assert broken('readers = ["UN"]', 'readers = ["UN", "DEUX"]') == [
        (
            'readers = ["UN", "DEUX"]',
            "DEUX has no privilege at B, which NUIT covers on 2026-11-23",
        )
    ]


def test_roster_with_a_privilege_that_has_ended() -> None:
    ((_, reason),) = broken(
        'privileges = ["A", "B"]', 'privileges = ["A", { site = "B", valid_to = 2026-11-23 }]'
    )
    assert reason == "UN has no privilege at B, which NUIT covers on 2026-11-23"


def test_roster_with_a_reader_who_has_left() -> None:
    ((_, reason), *_rest) = broken(
        'privileges = ["A", "B"]\n', 'privileges = ["A", "B"]\nvalid_to = 2026-01-01\n'
    )
    assert reason == "UN is not in post on 2026-11-23"


def test_roster_with_too_many_readers() -> None:
    ((_, reason), *_rest) = broken('readers = ["UN"]', 'readers = ["UN", "UN", "UN"]')
    assert reason == "3 readers for NUIT, which takes 2"


def test_roster_without_a_reader() -> None:
    assert broken('readers = ["UN"]', "readers = []") == [
        ("readers = []", "roster.readers is empty")
    ]


def test_the_same_day_twice_in_the_roster() -> None:
    more = '[[roster]]\nline = "NUIT"\non = 2026-11-23\nreaders = ["UN"]\n'
    ((line, reason),) = problems(SMALL + more)
    assert line == "on = 2026-11-23"
    assert reason.startswith("on NUIT 2026-11-23 is already used at line ")
