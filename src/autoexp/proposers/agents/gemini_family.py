"""What Gemini CLI and Qwen Code, which grew out of it, have in common."""

import re

from autoexp.proposers.agents.agent import Failure
from autoexp.proposers.agents.streams import count, event_of, part, text
from autoexp.proposers.agents.weather import failure

_API_ERROR = re.compile(r"\[API Error: (.*)\]", re.DOTALL)


def api_error(message: str) -> Failure:
    """Read an error that quotes what the server answered, as words or as JSON: `[API Error: {"error": {"code": 401, ...}}]`, and advice."""
    quoted = _API_ERROR.match(message)
    words = quoted.group(1) if quoted else message
    error = part(event_of(words), "error")
    return failure(text(error.get("message")) or words, status=count(error.get("code")) or None)
