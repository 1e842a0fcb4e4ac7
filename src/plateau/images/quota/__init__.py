"""How much members may keep, and what is refused beyond."""
