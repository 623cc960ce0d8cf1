"""Taking kept changes into the user's branch: which ones, what they become there, and the deed."""
