"""Storage commitment: what may be deleted elsewhere."""
