"""Imaging requests, justification, the machines' worklist."""
