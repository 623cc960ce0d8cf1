"""What a proposer reads: all that a campaign has taught in a text whose size does not grow with it. Pure."""

from autoexp.briefs.data import as_json
from autoexp.briefs.prose import as_markdown
from autoexp.briefs.schema import schema

__all__ = ["as_json", "as_markdown", "schema"]
