"""Exams that nobody reads climb a ladder: readers, the next ring, coordinators, the operator."""
