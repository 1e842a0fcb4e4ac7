"""What one can do with proposed drafts, one file per use."""
