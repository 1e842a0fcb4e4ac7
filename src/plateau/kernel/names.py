"""Names of people, as they are compared."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "OE", "Æ": "AE"})


def fold(name: str) -> str:
    """A name without case, accents or punctuation, as it is compared."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_LIGATURES).casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", letters.replace("_", " ")))
