"""Where a journal lives."""
