"""Months of an invented pool, drawn from a seed: the work of a team that drifts."""
