"""SQL of exchange; writes schema `exchange` only."""
