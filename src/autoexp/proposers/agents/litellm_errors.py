"""What the errors of LiteLLM mean, through which some agents ask their model: its name of an error tells more than the words."""

from autoexp.proposers.agents.agent import Failure
from autoexp.proposers.agents.weather import LONGEST_WORDS, failure

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
_UNREADABLE = ", Received response - <APIResponse [2"


def failure_of(name: str, words: str) -> Failure:
    """Give what went wrong; `name` is the class of the error, without its module.

    A connection that was lost and an answer that is no JSON are errors of the server to LiteLLM; here they are what they are.
    """
    told, unreadable, _ = words.removeprefix(f"litellm.{name}: ").removeprefix(f"{name}: ").partition(_UNREADABLE)
    if unreadable:
        return Failure("malformed", told[:LONGEST_WORDS])
    return failure(told, status=None if told.endswith(_LOST) else _STATUS.get(name))
