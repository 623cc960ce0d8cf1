"""Levels of isolation: what a command sees, and what is put around it."""
