"""The reading worklist and the reports."""
