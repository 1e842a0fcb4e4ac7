"""A territory file is read whole, or each thing that is wrong in it is named with its line."""

import pytest

from plateau.territory import file
from plateau.territory.types import BrokenFileError
from territory.broken import SHIPPED, SMALL, broken, problems


def test_the_small_file_is_sound() -> None:
    assert file.parse(SMALL, "essai.toml").sites[0].code == "A"


def test_the_shipped_territory_is_sound() -> None:
    pool = file.parse(SHIPPED.read_text("utf-8"), SHIPPED.name)
    assert len(pool.readers) == 26
    assert len(pool.members) == len(pool.sites) == len(pool.destinations) == 5
    assert {line.code for line in pool.lines} == {"NUIT", "JOUR"}
    night = next(entry for entry in pool.roster if entry.line == "NUIT")
    logins = {reader.code: reader.login for reader in pool.readers}
    assert str(night.on) == "2026-11-23"
    assert [logins[code] for code in night.readers] == ["lecteur1", "lecteur2"]


def test_syntax_error() -> None:
    ((line, reason),) = broken('name = "Essai"', 'name = "Essai')
    assert line == 'name = "Essai'
    assert reason.startswith("not TOML:")


def test_text_cut_short() -> None:
    ((line, reason),) = problems(SMALL + "on = [1,")
    assert line == "on = [1,"
    assert reason.startswith("not TOML:")


def test_empty_file() -> None:
    reasons = [reason for _, reason in problems("")]
    assert "territory.code is missing" in reasons
    assert "no delay for urgency U0" in reasons


def test_missing_key() -> None:
    assert broken('town = "Ville"\n', "") == [("[[site]]", "site.town is missing")]


def test_unknown_key() -> None:
    assert broken('town = "Ville"', 'town = "Ville"\ntwon = 1') == [
        ("twon = 1", "unknown key site.twon")
    ]


def test_unknown_section() -> None:
    assert broken("[[machine]]", "[[robot]]\nx = 1\n[[machine]]") == [
        ("[[robot]]", "unknown key robot")
    ]


def test_section_that_is_not_a_list() -> None:
    found = broken("[[machine]]", "[machine]")
    assert found == [("[machine]", "write [[machine]]")]


def test_ae_title_too_long() -> None:
    ae_title = 'ae_title = "CT_OF_SAINT_PALAIS"'
    assert broken('ae_title = "CT_A"', ae_title) == [
        (ae_title, "machine.ae_title is longer than 16 characters")
    ]


def test_ae_title_with_a_backslash() -> None:
    ((line, reason),) = broken('ae_title = "CT_A"', "ae_title = 'CT\\A'")
    assert line == "ae_title = 'CT\\A'"
    assert reason.startswith("machine.ae_title: ")


def test_duplicate_ae_title() -> None:
    block = SMALL[SMALL.index("[[machine]]") : SMALL.index("[[exam]]")]
    first = 1 + SMALL.split("\n").index('ae_title = "CT_A"')
    assert problems(SMALL + block) == [
        ('ae_title = "CT_A"', f"ae_title CT_A is already used at line {first}")
    ]


def test_duplicate_code() -> None:
    ((line, reason),) = broken('code = "B"', 'code = "A"', more="")[:1]
    assert line == 'code = "A"'
    assert reason.startswith("code A is already used at line ")


def test_duplicate_login() -> None:
    ((line, reason),) = broken('login = "urg"', 'login = "un"')
    assert line == 'login = "un"'
    assert reason.startswith("login un is already used at line ")


def test_unknown_member() -> None:
    assert broken('member = "M"', 'member = "X"') == [('member = "X"', "no member has the code X")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('site = "A"', 'site = "X"'),
        ('home = "A"', 'home = "X"'),
        ('place = "A"', 'place = "X"'),
        ('privileges = ["A", "B"]', 'privileges = ["A", "B", "X"]'),
        ('sites = ["A"]', 'sites = ["X"]'),
        ('site = "A"\nhost', 'site = "X"\nhost'),
    ],
    ids=["machine", "home", "place", "privilege", "role", "destination"],
)  # fmt: skip
def test_unknown_site(old: str, new: str) -> None:
    ((line, reason),) = broken(old, new)
    assert "X" in line
    assert reason == "no site has the code X"


def test_unknown_site_of_a_line() -> None:
    found = broken('covers = ["A",', 'covers = ["A", "X",')
    assert [reason for _, reason in found] == [
        "no site has the code X",
        "UN has no privilege at X, which NUIT covers on 2026-11-23",
    ]


def test_a_block_with_a_mistake_is_still_known_to_the_others() -> None:
    found = broken('name = "Site A"\n', "")
    assert found == [("[[site]]", "site.name is missing")]


def test_unknown_modality() -> None:
    ((line, reason),) = broken('modality = "CT"', 'modality = "CAT"')
    assert line == 'modality = "CAT"'
    assert reason.startswith("machine.modality must be 'CT', 'MR'")


def test_unknown_role() -> None:
    ((line, reason),) = broken('role = "requester"', 'role = "king"')
    assert "king" in line
    assert reason.startswith("staff.roles.role must be ")


def test_unknown_time_zone() -> None:
    ((line, reason),) = broken("latitude = 43", 'latitude = 43\ntime_zone = "Europe/Pairs"')
    assert line == 'time_zone = "Europe/Pairs"'
    assert reason.startswith("site.time_zone: ")


def test_bad_date() -> None:
    assert broken("valid_from = 2020-01-01", 'valid_from = "2020-31-01"') == [
        ('valid_from = "2020-31-01"', "member.valid_from is not a date")
    ]


def test_impossible_date() -> None:
    ((line, reason),) = broken("valid_from = 2020-01-01", "valid_from = 2020-31-01")
    assert line == "valid_from = 2020-31-01"
    assert reason.startswith("not TOML:")


def test_bad_hour() -> None:
    assert ('starts_at = "vingt"', "line.starts_at is not an hour") in broken(
        "starts_at = 20:00:00", 'starts_at = "vingt"'
    )


def test_period_that_ends_before_it_starts() -> None:
    assert broken(
        'name = "Scanner"\nvalid_from = 2020-01-01',
        'name = "Scanner"\nvalid_from = 2020-01-01\nvalid_to = 2019-01-01',
    ) == [("valid_to = 2019-01-01", "ends on 2019-01-01, not after its start on 2020-01-01")]


def test_overlapping_delays() -> None:
    more = '[[delay]]\nurgency = "U0"\nminutes = 20\nsource = "essai"\nvalid_from = 2026-01-01\n'
    ((line, reason),) = problems(SMALL + more)
    assert line == "valid_from = 2026-01-01"
    assert reason.startswith("U0: the period from 2026-01-01 overlaps the one at line ")


def test_delays_that_follow_each_other_are_sound() -> None:
    more = '[[delay]]\nurgency = "U0"\nminutes = 20\nsource = "essai"\nvalid_from = 2026-01-01\n'
    sound = SMALL.replace("minutes = 30\n", "minutes = 30\nvalid_to = 2026-01-01\n") + more
    assert len(file.parse(sound, "essai.toml").delays) == 5


def test_overlapping_privileges() -> None:
    found = broken(
        'privileges = ["A", "B"]',
        'privileges = [\n"A",\n"B",\n{ site = "B", valid_from = 2024-01-01 },\n]',
    )
    assert found[0][0] == '{ site = "B", valid_from = 2024-01-01 },'
    assert found[0][1].startswith("UN B: the period from 2024-01-01 overlaps the one at line ")


def test_no_delay_for_an_urgency() -> None:
    assert broken('urgency = "U2"', 'urgency = "U9"')[-1][1] == "no delay for urgency U2"


def test_site_covered_outside_the_hours_of_the_line() -> None:
    found = broken("starts_at = 18:00:00", "starts_at = 02:00:00")
    assert found == [
        (
            'covers = ["A", { site = "B", starts_at = 02:00:00 }]',
            "B is covered from 02:00, outside the hours of the line",
        )
    ]


def test_every_problem_is_gathered_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace('name = "Membre"\n', "")
        .replace('ae_title = "CT_A"', 'ae_title = "12345678901234567"')
        .replace('home = "A"', 'home = "X"')
        .replace("on = 2026-11-23", 'on = "un jour"')
    )
    reasons = [reason for _, reason in problems(text)]
    assert reasons == [
        "member.name is missing",
        "machine.ae_title is longer than 16 characters",
        "no site has the code X",
        "no site has the code X",
        "roster.on is not a date",
    ]


def test_the_error_names_file_line_and_reason() -> None:
    with pytest.raises(BrokenFileError, match=r"^essai\.toml:1: .*\nessai\.toml:"):
        file.parse("x = 1\n", "essai.toml")
