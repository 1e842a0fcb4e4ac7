"""The control room's view of reading: who reads how much, what will be late, what is overdue."""
