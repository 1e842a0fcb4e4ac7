"""What has to happen after a report: owned, due, passed on, closed with a proof."""
