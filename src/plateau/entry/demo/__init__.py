"""The demonstration: a night of the Basque-Landes pool, on this machine."""
