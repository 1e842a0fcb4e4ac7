"""What no machine and no roster says: entered by the people who answer for it."""
