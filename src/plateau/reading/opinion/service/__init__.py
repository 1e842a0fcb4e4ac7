"""What one can do with opinions and meetings."""
