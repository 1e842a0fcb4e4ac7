"""A report that was about somebody else: taken back from everyone, its exam read again."""
