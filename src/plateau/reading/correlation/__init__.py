"""Radiology-pathology correlation: what a biopsy was taken from, what it showed, what follows."""
