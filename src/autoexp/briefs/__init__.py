"""View and remembered rows to the bounded text that a proposer reads. Pure."""

from autoexp.briefs.render import as_json, as_markdown

__all__ = ["as_json", "as_markdown"]
