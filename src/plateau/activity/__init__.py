"""The append-only ledger of counted acts."""
