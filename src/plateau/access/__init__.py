"""People, sign-in, roles, audit trail."""
