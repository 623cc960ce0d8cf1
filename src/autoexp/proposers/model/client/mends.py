"""What a refusal is about, and the one sentence on how to mend it, with the key of the contract to look at."""

import re
from http import HTTPStatus as S

from autoexp.proposers.model.client.said import Said
from autoexp.proposers.model.client.values import Endpoint

CONTEXT = re.compile(
    r"context[_ ](length|window|size|limit)|prompt is too long|too many (input )?tokens|exceeds? the (available )?context"
    r"|reduce the length|request_too_large|string_above_max_length|input is too long"
)
KEY = re.compile(r"api[ _-]?key|authenticat|bearer")
MODEL = re.compile(r"\bmodels?\b|model_")
NO_MODEL = re.compile(
    r"model_not_found|invalid[_ ]model|unknown model|not a valid model|no such model|model[^.]{0,80}(not found|does not exist|not exist|unsupported)"
)
FIELDS = {
    "stream_options": "Set proposer.options: {stream_options: null}, so that it is not sent.",
    "max_completion_tokens": "Set proposer.options: {max_tokens: N} instead, or {max_completion_tokens: null} to send none.",
    "max_tokens": "Set a smaller proposer.max_output, or name the limit as the service wants it: proposer.options: {max_completion_tokens: N}.",
    "cache_control": "Ask a service that knows cache_control, or use api: openai; proposer.api and proposer.base_url say whom.",
}


def mend(said: Said, endpoint: Endpoint) -> tuple[str, str]:
    """Give what the refusal is about, and its mend."""
    status, words = said.status, said.words
    if S.MULTIPLE_CHOICES <= status < S.BAD_REQUEST:
        return (
            "the service redirects, which is not followed",
            "Write the address where the service really is into proposer.base_url.",
        )
    if status == S.PROXY_AUTHENTICATION_REQUIRED:
        return _proxy()
    if status == S.UNAUTHORIZED:
        return _key(endpoint)
    if status in {S.NOT_FOUND, S.METHOD_NOT_ALLOWED, S.GONE}:
        return _absent(words, endpoint)
    if status in {S.BAD_REQUEST, S.REQUEST_ENTITY_TOO_LARGE, S.UNPROCESSABLE_ENTITY, S.FORBIDDEN}:
        return _bad_request(said, endpoint)
    return (
        "the service refuses the request",
        "Look at proposer.base_url and proposer.model: they name who is asked for what.",
    )


def _bad_request(said: Said, endpoint: Endpoint) -> tuple[str, str]:
    words = said.words
    if said.status == S.FORBIDDEN:
        return "the key has no right to this", (
            f"Look at the rights of the key that proposer.api_key_env names, or choose another proposer.model than {endpoint.model}."
        )
    if said.status == S.REQUEST_ENTITY_TOO_LARGE or CONTEXT.search(words):
        return f"the request is too long for the context of {endpoint.model}", (
            "Choose a proposer.model with a longer context, or name fewer and smaller files in scope.edit and proposer.show."
        )
    if field := _field(said, endpoint):
        return f"the service does not take {field} as it was sent", FIELDS.get(
            field, f"Mend {field} in proposer.options, or take it out (null)."
        )
    if KEY.search(words):
        return _key(endpoint)
    if NO_MODEL.search(words):
        return _absent(words, endpoint)
    return (
        "the service refuses the request as bad",
        "Look at proposer.options and proposer.model: they shape what is sent.",
    )


def _field(said: Said, endpoint: Endpoint) -> str:
    names = (*FIELDS, "temperature", *endpoint.options)
    if said.param in names:
        return said.param
    # The field that the message names first is the culprit; a second one is mostly advice.
    found = [(place.start(), name) for name in names if (place := re.search(rf"\b{re.escape(name)}\b", said.message))]
    return min(found, default=(0, ""))[1]


def _absent(words: str, endpoint: Endpoint) -> tuple[str, str]:
    if MODEL.search(words):
        return (
            f"the service has no model {endpoint.model}",
            "Look at proposer.model: the service has to know this name, and the key has to see it.",
        )
    return "there is nothing at this address", (
        "Look at proposer.base_url and proposer.api: an address for openai mostly ends in /v1, one for anthropic has no path."
    )


def _key(endpoint: Endpoint) -> tuple[str, str]:
    if endpoint.key.strip():
        named = f"{endpoint.key_env}, which" if endpoint.key_env else "the variable that"
        return "the service refuses the key", f"Put a valid key into {named} proposer.api_key_env names."
    return (
        "the service wants a key, and none was sent",
        "Set proposer.api_key_env to the name of the variable that holds the key.",
    )


def _proxy() -> tuple[str, str]:
    return "a proxy on the way wants a password", "Look at the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
