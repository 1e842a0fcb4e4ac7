"""Folders, CDs and uploaded files, read in for a site."""
