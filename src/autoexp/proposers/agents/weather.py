"""What an agent's error means: its words, and the status of HTTP where it tells one."""

import re

from autoexp.proposers.agents.agent import Failure, Trouble
from autoexp.proposers.model.client.weather import OVERLOADED, QUOTA

LONGEST_WORDS = 400

_STATUS = re.compile(r"(?:\b(?:status|error|http|code)\b\D{0,20}|^\s*)([45]\d\d)\b", re.IGNORECASE)
_LOGIN = (
    r"not logged in|please run /login|log ?in (?:again|first|required)|invalid (?:api|x-api|auth)[- ]?(?:key|token|authentication)"
    r"|incorrect api key|api key (?:not valid|expired|is missing|not found)|unauthorized|unauthenticated|authentication[_ ](?:error|failed)"
    r"|no (?:api key|credentials|auth)|token (?:has )?expired|permission[_ ](?:error|denied_error)|forbidden"
    r"|sign in again|refresh token (?:was|has|is)"
)
_WORDS: tuple[tuple[Trouble, str], ...] = (
    ("quota", QUOTA.pattern + r"|usage limit|(?<!rate )(?<!token )(?<!turn )limit reached|hit your \w* ?limit|out of (?:extra )?usage"),
    ("login", _LOGIN),
    ("no_model", r"model(?:[^.]|\.\d){0,60}?(?:not found|does not exist|not exist|unknown|not supported)|model_?not_?found|unknown model|issue with the selected model"),
    ("overloaded", r"overloaded|at capacity|no capacity|high demand|model is busy"),
    ("rate_limit", r"rate[ _-]?limit|too many requests|resource_exhausted|resource has been exhausted|exhausted your capacity"),
    ("hang", r"timed? ?out|etimedout|deadline"),
    ("reset", r"econn|enotfound|eai_again|epipe|error sending request"),
    ("cut", r"premature(?:ly)? (?:close|end)|stream (?:was )?(?:closed|ended|disconnected|error|cut)|before completion|without a finish reason|incomplete|\bterminated|unexpected end"),
    ("malformed", r"unexpected token|not valid json|in json at|invalid json|json ?(?:parse|decode)|malformed|failed to parse|empty (?:or malformed )?(?:model )?(?:response|stream)|invalid (?:response|stream|chunk)"),
    ("hang", r"idle"),
    ("reset", r"socket|connection|network|fetch failed|unreachable|dns|stream"),
    ("server", r"internal server error|server error|bad gateway|service unavailable|api error"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _WORDS)


def failure(words: str, *, status: int | None = None, retry_after_s: float | None = None) -> Failure:
    """Give what went wrong; `status` is that of HTTP where the agent tells it apart, else one is looked for in the words."""
    told = " ".join(words.split())[:LONGEST_WORDS] or "it did not say why"
    found = status if status is not None else _status_in(told)
    return Failure(_kind(told, found), told, retry_after_s)


def _status_in(words: str) -> int | None:
    match = _STATUS.search(words)
    return int(match.group(1)) if match else None


def _kind(words: str, status: int | None) -> Trouble:  # noqa: PLR0911  one line for each class of status
    if _matches("quota", words) or status == 402:  # noqa: PLR2004
        return "quota"
    if status is None:
        return next((kind for kind, pattern in _COMPILED if pattern.search(words)), "other")
    if status in {401, 403}:
        return "login"
    if status == 404:  # noqa: PLR2004
        return "no_model"
    if status == 429:  # noqa: PLR2004
        return "rate_limit"
    if status in OVERLOADED:
        return "overloaded"
    if status >= 500 or status in {408, 409, 425, 499}:  # noqa: PLR2004
        return "server"
    return next((kind for kind in ("login", "no_model") if _matches(kind, words)), "other")


def _matches(kind: str, words: str) -> bool:
    return any(pattern.search(words) for name, pattern in _COMPILED if name == kind)
