"""Patients of the territory and their identifiers."""
