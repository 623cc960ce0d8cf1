"""The nouns of one experiment, as frozen values. What happens to them lives elsewhere."""
