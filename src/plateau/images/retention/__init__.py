"""How long images are kept, what must not be deleted, and what was."""
