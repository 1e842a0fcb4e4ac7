"""Rosters, versions and what people ask for, in PostgreSQL."""
