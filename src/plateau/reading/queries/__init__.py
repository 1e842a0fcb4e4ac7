"""SQL of reading; writes schema `reading` only."""
