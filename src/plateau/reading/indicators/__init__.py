"""Indicators of the desk, from what happened alone."""
