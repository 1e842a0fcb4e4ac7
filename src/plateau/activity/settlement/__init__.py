"""The settlement: what each member owes and is owed, period by period, and how that was found."""
