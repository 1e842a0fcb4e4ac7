"""Pure decisions of reading."""
