"""Retrieval by web: WADO-RS, metadata, frames, pictures, ZIP."""
