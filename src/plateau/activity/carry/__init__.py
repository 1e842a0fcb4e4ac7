"""What the counters of agreements say of shared sessions, told to whoever plans the next ones."""
