"""What law and charter ask to watch: remote reading, hours, sessions refused or lent."""
