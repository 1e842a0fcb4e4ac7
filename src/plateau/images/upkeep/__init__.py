"""Room, counts, and a look at every stored byte in turn."""
