"""Every rule of a roster: one small named unit each, gathered in `catalogue.RULES`."""
