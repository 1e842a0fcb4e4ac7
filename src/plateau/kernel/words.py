"""Texts that are written here and translated later, where they are shown."""


def N_(text: str) -> str:  # noqa: N802  # the name by which texts to translate are found
    """The text as it is: the French catalogue holds it."""
    return text
