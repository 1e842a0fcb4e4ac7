"""Critical results: said to the requester at once, read back, acknowledged."""
