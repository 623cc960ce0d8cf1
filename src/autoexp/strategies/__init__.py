"""What to try next, as a function of the view. Strategies hold no state."""
