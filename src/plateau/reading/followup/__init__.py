"""Incidental findings: what is recommended, by when, and whether it was done."""
