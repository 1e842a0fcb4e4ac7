"""SQL of double reading; writes `reading.second_*` only."""
