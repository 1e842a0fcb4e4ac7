"""Rosters after the solver: drafts, publication, and the life that follows."""
