"""Coding agents, driven headless: one small adapter each over the role in `agent.py`, all of them run by `driving.py`.

An agent edits the disposable copy in a sandbox, with a HOME of its own and no way out but to its provider. Its stream of events is read as
it comes: what it used, how it ended, and what it says of its change. That is text; the diff is what gets measured.
"""
