"""Autonomous experiment loops that keep a change only when the gain is real."""

__version__ = "0.1.0"
