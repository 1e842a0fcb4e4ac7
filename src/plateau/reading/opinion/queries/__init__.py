"""SQL of opinions and meetings; writes `reading.opinion*` and `reading.meeting*` only."""
