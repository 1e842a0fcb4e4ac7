"""What rosters and duties say was worked, once it is over."""
