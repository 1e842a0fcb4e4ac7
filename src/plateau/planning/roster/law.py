"""The rules as the law and the pool's own agreements set them: a data file, dated and sourced."""

import tomllib
from datetime import date
from importlib.resources import files

from plateau.planning.roster.types import Setting, Span


def settings() -> tuple[Setting, ...]:
    """Every rule as it holds when nothing else was decided."""
    text = files("plateau.planning.roster").joinpath("law.toml").read_text("utf-8")
    return tuple(_setting(block) for block in tomllib.loads(text)["rule"])


def _setting(block: dict[str, object]) -> Setting:
    """One block of the file, which is ours: a missing key is a bug."""
    weight, numbers, until = block.get("weight"), block.get("numbers", {}), block.get("until")
    since = block["since"]
    assert isinstance(numbers, dict)  # noqa: S101  # the file is ours
    assert isinstance(since, date)  # noqa: S101
    return Setting(
        rule=str(block["code"]),
        span=Span(first=since, last=until if isinstance(until, date) else None),
        is_on=block.get("on", True) is True,
        is_hard=weight is None,
        weight=weight if isinstance(weight, int) else 0,
        numbers={str(key): float(value) for key, value in numbers.items()},
        source=str(block["source"]),
        is_verified=block.get("verified", False) is True,
    )
