"""SQL of requests; writes schema `requests` only."""
