"""What agents and providers say when a model does not answer, and the kind of trouble that it is."""

import pytest

from autoexp.proposers.agents.weather import LONGEST_WORDS, failure

SAID = {
    "login": (
        "API Error: 401 authentication_error: OAuth token has expired · Please run /login",
        "Invalid API key · Please run /login",
        "Not logged in · Please run /login",
        "authentication_failed",
        "exceeded retry limit, last status: 401 Unauthorized, request id: 9a57a2034f0c411d-SIN",
        'unexpected status 401 Unauthorized: {"detail":"Unauthorized"}, url: https://chatgpt.com/backend-api/codex/responses',
        "unexpected status 401 Unauthorized: Missing bearer or basic authentication in header",
        "API key not valid. Please pass a valid API key.",
        '[API Error: {"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]',
        "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-of-t***0123",
        "401 Incorrect API key provided",
        "Incorrect API key provided: sk-abc. You can find your API key at the provider's page.",
        "Your access token could not be refreshed because your refresh token was already used. Please log out and sign in again.",
        "No API key found for anthropic.",
        "403 Forbidden",
        "permission_denied_error: your account may not use this",
        "UNAUTHENTICATED: Request had invalid authentication credentials.",
    ),
    "quota": (
        "You've hit your usage limit. Upgrade to Pro or try again at 3:05 PM.",
        "Claude AI usage limit reached|1754560800",
        "You've hit your session limit · resets 3pm",
        "5-hour limit reached ∙ resets 3pm",
        "Credit balance is too low",
        "400 Your credit balance is too low to access the Anthropic API.",
        "You exceeded your current quota, please check your plan and billing details.",
        "429 insufficient_quota",
        "402 Insufficient Balance",
        "HTTP response error from the API: status 402 Payment Required",
        "litellm.RateLimitError: You exceeded your current quota, please check your plan and billing details.",
        "This request requires more credits, or fewer max_tokens.",
        "Quota exceeded for quota metric 'Gemini 2.5 Pro Requests' and limit 'per day'",
    ),
    "rate_limit": (
        "API Error: 429 rate_limit_error: This request would exceed your organization's rate limit",
        "exceeded retry limit, last status: 429 Too Many Requests",
        "Rate limit reached for organization org-x on tokens per min (TPM): Limit 250000, Used 250000. Please try again in 21.5s.",
        "stream disconnected before completion: Rate limit reached for organization org-x on input-images per min: Limit 10, Used 10",
        "stream disconnected before completion: Rate limit is exceeded. Try again in 11 seconds.",
        "Resource has been exhausted (e.g. check quota).",
        '[API Error: {"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}]',
        "You have exhausted your capacity on this model. Your quota will reset after 5s.",
        "litellm.RateLimitError: RateLimitError: OpenAIException - slow down",
        "Too many requests",
    ),
    "overloaded": (
        "API Error: 529 overloaded_error: Overloaded",
        "API Error: Repeated 529 Overloaded errors",
        "503 The model is overloaded. Please try again later.",
        "Overloaded",
        "We're currently experiencing high demand, which may cause temporary errors.",
        "Selected model is at capacity. Please try a different model.",
        "No capacity available for model gemini-3-flash-preview on the server",
    ),
    "server": (
        "API Error: 500 Internal server error. This is a server-side issue, usually temporary",
        "unexpected status 502 Bad Gateway",
        "litellm.InternalServerError: InternalServerError: OpenAIException - Internal Server Error",
        "Internal server error",
        "500 status code (no body)",
    ),
    "reset": (
        "API Error: Unable to connect to API (ECONNRESET)",
        "Connection error.",
        "fetch failed",
        "API Error: Connection closed",
        "getaddrinfo ENOTFOUND api.anthropic.com",
        "stream disconnected before completion: error sending request for url (https://api.openai.com/v1/responses)",
        "litellm.APIConnectionError: Connection refused",
        "exception TypeError: fetch failed sending request",
        "read ECONNRESET",
        "socket hang up",
    ),
    "hang": (
        "API Error: Request timed out.",
        "litellm.Timeout: Timeout Error: OpenAIException - Request timed out",
        "idle timeout waiting for SSE",
        "stream disconnected before completion: idle timeout waiting for SSE",
        "The operation was aborted due to timeout",
    ),
    "cut": (
        "stream disconnected before completion: stream closed before response.completed",
        "Premature close",
        "terminated",
        "Model stream ended without a finish reason.",
        "Model stream ended with empty response text.",
        "peer closed connection without sending complete message body (incomplete chunked read)",
    ),
    "malformed": (
        "Unexpected token '<', \"<html>\" is not valid JSON",
        "JSON parse error: Unterminated string",
        "API returned an empty or malformed response (HTTP 200)",
        "Failed to parse stream: malformed",
    ),
    "no_model": (
        "404 model: claude-nothing-9",
        "The model `gpt-none` does not exist or you do not have access to it.",
        "The model `gpt-5.5` does not exist or you do not have access to it",
        "There's an issue with the selected model (claude-nothing). It may not exist or you may not have access to it.",
        "Model not found: fake/none. Did you mean: fake-model?",
        "ProviderModelNotFoundError",
        "models/gemini-none is not found for API version v1beta, or is not supported for generateContent.",
        "litellm.NotFoundError: OpenAIException - The model `none` does not exist",
    ),
    "other": (
        "",
        "The prompt is too long: 250000 tokens > 200000 maximum",
        "400 invalid_request_error: messages: text content blocks must be non-empty",
        "Reading prompt from stdin failed",
        "Cannot read properties of undefined",
        "output token limit reached",
    ),
}


@pytest.mark.parametrize(("kind", "words"), [(kind, words) for kind, several in SAID.items() for words in several])
def test_words_tell_the_kind(kind: str, words: str):
    assert failure(words).kind == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "other"), (401, "login"), (402, "quota"), (403, "login"), (404, "no_model"), (408, "server"), (429, "rate_limit"),
        (500, "server"), (502, "server"), (503, "overloaded"), (504, "server"), (529, "overloaded"),
    ],
)  # fmt: skip
def test_a_status_tells_the_kind_when_words_do_not(status: int, kind: str):
    assert failure("", status=status).kind == kind
    assert failure("something odd", status=status).kind == kind


def test_a_quota_is_told_from_a_rate_limit_by_the_words():
    assert failure("insufficient_quota", status=429).kind == "quota"
    assert failure("Your credit balance is too low", status=400).kind == "quota"


def test_words_are_kept_on_one_short_line():
    long = failure("one\n  two\t" + "x" * 10_000)
    assert long.words.startswith("one two x")
    assert len(long.words) == LONGEST_WORDS
    assert failure("  \n ").words == "it did not say why"


def test_what_was_asked_for_as_a_wait_is_kept():
    assert failure("Too many requests", retry_after_s=7.5).retry_after_s == 7.5
