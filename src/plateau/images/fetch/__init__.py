"""Studies of other archives: looked for there, and fetched."""
