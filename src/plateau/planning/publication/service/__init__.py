"""What can be done with rosters once there is one; one module for each part of their life."""
