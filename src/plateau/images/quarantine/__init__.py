"""Other content under a stored UID, held until a person decides."""
