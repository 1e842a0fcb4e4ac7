"""SQL of proposed drafts, one file per use."""
