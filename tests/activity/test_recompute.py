"""The reference script agrees with Plateau to the cent, and says so when it does not."""

import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plateau.activity.agreements import service as agreements
from plateau.activity.counter import rules as counting
from plateau.activity.entering import rules as entering
from plateau.activity.entering.types import Money
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Correction, Fact
from plateau.activity.settlement import commands, service
from plateau.platform.db import Db, Tx
from plateau.territory import file
from plateau.territory import service as territory

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
MODALITY = {"CT_POLE_1": "CT", "CT_POLE_2": "CT", "MR_POLE": "MR"}


def acts(drawn: random.Random) -> list[Fact]:
    """Seeded facts of the first nine months at Carpentras: enough to pass tiers."""
    found: list[Fact] = []
    for n in range(1500):
        machine = drawn.choice([*MODALITY])
        member, other = drawn.sample(["CHC", "SYN"], 2)
        fact = Fact(
            key=f"reading:{n}",
            kind="session_held",
            happened_on=date(2026, 1, 1) + timedelta(days=drawn.randrange(273)),
            exam_code="TDM-TAP",
            modality=MODALITY[machine],
            machine=machine,
            reader_member=member,
            session_member=drawn.choice([member, other]),
            patient_member="POLE",
            minutes=drawn.choice([10, 15, 20]),
        )
        kinds = ("session_held", "session_lent", "session_given_up", "fee", "fee", "fee")
        found.append(replace(fact, kind=drawn.choice(kinds), key=f"act:{n}"))
    return found


def duties(drawn: random.Random) -> list[Fact]:
    found: list[Fact] = []
    for n in range(120):
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=drawn.randrange(270 * 1440))
        member = drawn.choice(["CHC", "SYN"])
        found.append(
            Fact(
                key=f"duty:{n}",
                kind="duty",
                happened_on=start.date(),
                session="GARDE",
                starts_at=start,
                ends_at=start + timedelta(minutes=drawn.randrange(30, 1500)),
                reader_member=member,
                status="hospital" if member == "CHC" else "private",
            )
        )
    return found


def costs(tx: Tx, drawn: random.Random) -> list[Fact]:
    (agreement,) = agreements.agreements(tx)
    made = [
        Money(
            kind="forecast" if n % 4 == 0 else "cost",
            on=date(2026, drawn.randrange(1, 10), 5),
            head=drawn.choice(["staff", "equipment", "premises", "others"]),
            payer=drawn.choice(["CHC", "SYN", "POLE"]),
            cents=drawn.randrange(10**7),
            reference=str(n),
        )
        for n in range(40)
    ]
    return [entering.money(agreement, one) for one in made]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_script_finds_every_figure_of_every_statement(
    db: Db, tmp_path: Path, seed: int
) -> None:
    drawn = random.Random(seed)
    text = (ROOT / "territories" / "carpentras.toml").read_text("utf-8")
    text = text.replace("reference = 4000", "reference = 60").replace("[11000, 13000]", "[80, 90]")
    with db.begin() as tx:
        territory.load(tx, file.parse(text, "carpentras.toml"), at=datetime(2026, 1, 2, tzinfo=UTC))
        ledger.append(tx, [*acts(drawn), *duties(drawn), *costs(tx, drawn)], at=AT)
        for number in drawn.sample(range(1, 1500), 30):
            ledger.correct(
                tx, Correction(entry_id=number, on=date(2026, 9, 30), reason="wrong"), at=AT
            )
        (agreement,) = agreements.agreements(tx)
        span = counting.span_of(agreement, on=date(2026, 8, 1))
        assert service.settle(tx, agreement, span).statements

    assert CliRunner().invoke(commands.app, ["export", str(tmp_path)]).exit_code == 0
    script = [sys.executable, "-I", str(ROOT / "docs" / "recompute.py"), str(tmp_path)]
    agrees = subprocess.run(script, capture_output=True, text=True, check=False)

    assert (agrees.returncode, agrees.stderr) == (0, ""), agrees.stdout
    assert agrees.stdout.endswith(" 0 wrong\n")
    path = tmp_path / "statements.csv"
    lines = path.read_text("utf-8").splitlines()
    spoilt = next(n for n, line in enumerate(lines) if ";balance;" in line and "SYN" in line)
    lines[spoilt] = lines[spoilt].rpartition(";")[0] + ";1"
    path.write_text("\n".join(lines), "utf-8")
    differs = subprocess.run(script, capture_output=True, text=True, check=False)
    assert differs.returncode == 1
    assert "'SYN', 'balance'" in differs.stdout
