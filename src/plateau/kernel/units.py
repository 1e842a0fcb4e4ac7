"""Units: conversions and plain renderings, in one place."""


def euros(cents: int) -> str:
    """Cents as euros, two decimals."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
