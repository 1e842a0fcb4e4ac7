"""The counter: what each party has done against its target, and how that drifts."""
