"""Telling people what concerns them: on their pages at once, by mail and SMS as they want."""
