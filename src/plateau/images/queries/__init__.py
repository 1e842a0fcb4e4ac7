"""SQL of the image hub; writes schema `images` only."""
