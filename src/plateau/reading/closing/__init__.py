"""What becomes of a final report: delivered, read by whoever asked, closed."""
