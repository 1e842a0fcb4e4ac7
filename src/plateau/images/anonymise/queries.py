"""SQL of anonymised copies."""

from plateau.platform.db import Tx


def key(tx: Tx, *, drawn: bytes) -> bytes:
    """What pseudonyms are made of: what was drawn first, for ever."""
    tx.run(
        "insert into images.pseudonym_key (key) values (%(key)s) on conflict do nothing", key=drawn
    )
    found: bytes = tx.value("select key from images.pseudonym_key")
    return found
