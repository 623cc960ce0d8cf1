"""Faces render and forward; they hold no rules."""
