"""What people change in pages, over what the territory file says."""
