"""Who works when: the problem, its rules, and the check that needs no solver."""
