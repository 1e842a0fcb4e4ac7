"""Drafts that programs propose: kept, shown to the reader alone, judged, and stopped."""
