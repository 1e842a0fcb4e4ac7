"""The outside world that Plateau talks to: machines, other institutions' systems, people."""
