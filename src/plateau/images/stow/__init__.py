"""Storage by web: STOW-RS."""
