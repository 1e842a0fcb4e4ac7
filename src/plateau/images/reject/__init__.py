"""Rejection notes: images that are kept and no longer shown."""
