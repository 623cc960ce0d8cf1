"""What an agent says over ACP that it used: each says it in another place, and some not at all."""

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Heard
from autoexp.proposers.agents.streams import Json, count, items, part, plus, text, usd

_LAST_STEP_ONLY = frozenset({"OpenCode"})
"""Agents whose reply to a prompt tells the usage of its last step alone."""

_REPLY, _QUOTA, _EACH = "its reply to the prompt", "the quota of its reply", "each answer of its model"


def add_usage(event: Json, heard: Heard) -> None:
    """Take up the usage that one line of the client's tells. Nothing is guessed: what an agent does not tell stays unknown."""
    if event.get("acp") == "stop":
        _of_reply(event, heard)
        return
    update = part(event, "update")
    if event.get("acp") == "update" and text(update.get("sessionUpdate")) == "usage_update":
        _of_session(part(update, "cost"), event.get("before"), heard)
    if event.get("acp") == "update" and (tokens := _tokens(part(update, "_meta", "usage"))) != Tokens():
        heard.requests += 1
        heard.tokens = plus(heard.tokens, tokens)
        heard.counted_by = _named(heard, _EACH)


def _of_reply(event: Json, heard: Heard) -> None:
    """Read the reply to a prompt; what an agent has told answer by answer is better."""
    if heard.counted_by == _named(heard, _EACH):
        return
    result = part(event, "result")
    quota = part(result, "_meta", "quota", "token_count")
    if quota:
        told = Tokens(input=count(quota.get("input_tokens")), output=count(quota.get("output_tokens")))
        heard.tokens, heard.counted_by = plus(heard.tokens, told), _named(heard, _QUOTA)
        models = [text(one.get("model")) for one in items(part(result, "_meta", "quota").get("model_usage"))]
        heard.model = next(filter(None, models), heard.model)
    elif event.get("first") is not True:  # whether it tells this prompt's or all the session's is not said
        heard.tokens, heard.counted_by = Tokens(), ""
    elif (tokens := _tokens(part(result, "usage"))) != Tokens() and heard.version.partition(" ")[
        0
    ] not in _LAST_STEP_ONLY:
        heard.tokens, heard.counted_by = tokens, _named(heard, _REPLY)


def _named(heard: Heard, where: str) -> str:
    return f"{heard.version or 'the agent'}, {where}"


def _of_session(cost: Json, before: object, heard: Heard) -> None:
    """Read what the session has cost so far; of one that goes on, what is new since then."""
    amount, known = usd(cost.get("amount")), usd(before)
    if amount is not None and known is not None and text(cost.get("currency")).upper() == "USD":
        heard.cost_usd = max(amount - known, 0.0)


def _tokens(usage: Json) -> Tokens:
    """Read one usage. Whether its input holds what came from a cache follows from its total; where it does not, it holds none."""
    names = ("inputTokens", "outputTokens", "cachedReadTokens", "cachedWriteTokens", "thoughtTokens", "totalTokens")
    read, written, cached, stored, thought, total = (count(usage.get(name)) for name in names)
    if not usage or not (read or written):
        return Tokens()
    includes = total in {read + written, read + written + thought} and cached + stored > 0
    return Tokens(
        input=read if includes else read + cached + stored,
        cached=cached,
        cache_write=stored if "cachedWriteTokens" in usage else None,
        output=written,
        reasoning=thought if "thoughtTokens" in usage else None,
    )
