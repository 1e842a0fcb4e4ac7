"""What forms send, as our types."""

from pydantic import BeforeValidator

OrNone = BeforeValidator(lambda text: text or None)
"""A field left empty: nobody, no day, no number."""
