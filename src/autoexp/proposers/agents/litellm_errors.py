"""What the errors of LiteLLM mean, through which some agents ask their model: its name of an error tells more than the words."""

from autoexp.proposers.agents.agent import Failure
from autoexp.proposers.agents.weather import failure

_STATUS = {
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "RateLimitError": 429,
    "InternalServerError": 500,
    "BadGatewayError": 502,
    "ServiceUnavailableError": 503,
}
_LOST = "Connection error."


def failure_of(name: str, words: str) -> Failure:
    """Give what went wrong; `name` is the class of the error, without its module."""
    told = words.removeprefix(f"litellm.{name}: ").removeprefix(f"{name}: ")
    lost = told.endswith(_LOST)  # it takes a connection that was not made for an error of the server
    return failure(told, status=None if lost else _STATUS.get(name))
