"""Pure words everyone shares."""
