"""Instance availability: what can be had here, and what others say can be had there."""
