"""What rosters are made from, as people change it: rights, sessions, lines, travel, shares."""
