"""What is sent of somebody whom nobody here has recognised yet: kept, and shown to nobody."""
