"""Tools that touch the outside; they know no feature."""
