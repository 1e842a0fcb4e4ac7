"""Retrieval by DIMSE: C-MOVE and C-GET."""
