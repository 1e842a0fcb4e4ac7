"""Complete studies sent on to other systems."""
