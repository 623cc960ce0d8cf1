"""Exports, and reading other tools' logs. Every export is a view of the journal."""
