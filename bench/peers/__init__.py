"""What others would do on the same instances."""
