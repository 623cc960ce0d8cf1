"""Whoever writes the change: commands and scripts of edits so far. What a proposer says is text, never a number that counts."""
