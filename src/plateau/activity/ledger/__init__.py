"""The append-only ledger: entries in a chain of digests, corrected only by other entries."""
