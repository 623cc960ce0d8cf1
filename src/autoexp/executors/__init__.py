"""Where measurements run. What numbers mean is decided elsewhere."""
