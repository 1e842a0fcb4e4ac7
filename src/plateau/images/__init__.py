"""The image hub."""
