"""Copies of studies that say nothing of whom they are of."""
