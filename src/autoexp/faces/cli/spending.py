"""What a campaign cost, in lines of `status` and in half a sentence elsewhere. What nobody told is said, and never shown as nothing."""

from collections.abc import Iterator
from typing import Any

from autoexp.campaign.money import amount, dollars, thousands, unknown
from autoexp.campaign.state import CampaignState
from autoexp.faces.cli.printing import seconds

_WORDS = {
    "experiments": "the number of experiments",
    "cost": "the budget of money",
    "tokens": "the budget of tokens",
    "requests": "the budget of requests",
    "wall_clock": "the budget of time",
}


def spending_lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the lines of a status: what was used, what it bought, and what going on will take."""
    rows = [
        ("cost", _cost(found)),
        ("tokens", _tokens(found["spending"])),
        ("requests", _requests(found)),
        ("set aside", _set_aside(found["spending"]["set_aside"])),
        ("price", _price(found["spending"])),
        *_forecast(found["forecast"], goes_on=found["stop_reason"] != "exhausted"),
    ]
    return [(name, text) for name, text in rows if text]


def expected_lines(found: Any, *, kind: str, experiments: int | None) -> Iterator[tuple[str, str]]:
    """Give the lines of `check` on what an experiment will probably use: estimated, or typical elsewhere where nobody can tell."""
    if found.requests == 0:
        yield "cost", f"the proposer asks no model{_runs(found)}"
    elif found.tokens is not None or found.cost_usd is not None:
        usual = [_counted("cost_usd", found.cost_usd)] if found.cost_usd is not None else []
        usual += [_counted("tokens", found.tokens)] if found.tokens is not None else []
        price = "; price unknown (proposer.price names it)" if found.cost_usd is None else ""
        yield "cost", f"about {' and '.join(usual)} an experiment, estimated{price}{_runs(found)}"
        total = [_counted("cost_usd", found.campaign_usd)] if found.campaign_usd is not None else []
        total += [_counted("tokens", found.campaign_tokens)] if found.campaign_tokens is not None else []
        if total:
            yield "budget", f"about {', '.join(total)} for {experiments} experiments, repairs aside"
        if found.ends_by is not None:
            yield "ends by", f"{_WORDS[found.ends_by]}, after about {found.experiments} experiments"
    elif found.typical_usd is not None:
        low, high = map(dollars, found.typical_usd)
        tokens = f"about {thousands(found.typical_tokens)} tokens in {found.typical_requests} requests"
        yield "cost", f"unknown before the first experiments{_runs(found)}"
        yield "typical", f"{low} to {high} and {tokens} an experiment (published elsewhere, not measured here)"
    elif kind:
        yield "cost", f"what the proposer says of itself; nothing if it asks no model{_runs(found)}"


def _runs(found: Any) -> str:
    """Say what the harness costs: as it said itself, or typically nothing where it cannot reach anybody who is paid."""
    if found.runs_usd is not None:
        return f"; runs of the harness {dollars(found.runs_usd)}"
    return "; measuring stays on this machine, typically for nothing" if found.local else ""


def use_lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the line of `show` on what one experiment used and who put a price on it; none where nobody told anything."""
    cost, tokens, requests = found["cost_usd"], found["tokens_used"], found["requests"]
    parts = (
        ""
        if cost is None
        else dollars(cost) + (f" (priced by {', '.join(found['priced_by'])})" if found["priced_by"] else ""),
        "" if tokens is None else _counted("tokens", tokens) + _counted_by(found["tokens_source"]),
        f"{requests} request{'' if requests == 1 else 's'}" if requests else "",
        f"asked {_times(found['repairs'])} to mend it" if found["repairs"] else "",
    )
    if found["paid_before"] and not cost:
        yield "used", "no request: this hypothesis was paid for with an earlier answer"
    elif any(parts):
        yield "used", ", ".join(filter(None, ("cost unknown" if cost is None else "", *parts)))


def _counted_by(sources: list[str]) -> str:
    return f" (counted by {'; '.join(sources)})" if sources else ""


def cost_in_words(known: float | None, unknown: int) -> str:
    """Give a cost, with the number of experiments of which nobody told."""
    aside = f"{unknown} experiment{'' if unknown == 1 else 's'} of unknown cost"
    if known is None:
        return "unknown" if unknown else "none reported"
    if unknown and known == 0:
        return f"unknown for {unknown} experiment{'' if unknown == 1 else 's'}, nothing for the others"
    return f"{dollars(known)} and {aside}" if unknown else dollars(known)


def cost_of_state(state: CampaignState) -> str:
    """Give what a campaign cost so far, in words."""
    return cost_in_words(state.cost_usd, unknown(state, "cost_usd"))


def _cost(found: dict[str, Any]) -> str:
    sources = ", ".join(f"{name} {count}" for name, count in found["spending"]["priced_by"].items())
    text = cost_in_words(found["cost_usd"], found["spending"]["unknown"]["cost_usd"])
    return f"{text} (priced by: {sources})" if sources else text


def _tokens(spending: dict[str, Any]) -> str:
    used = spending["tokens"]
    if used["input"] is None and used["output"] is None:
        return ""
    cached = f" ({thousands(used['cached'])} from a cache)" if used["cached"] else ""
    thought = f" ({thousands(used['reasoning'])} of it thought)" if used["reasoning"] else ""
    read = "" if used["input"] is None else f"{thousands(used['input'])} read{cached}"
    written = "" if used["output"] is None else f"{thousands(used['output'])} written{thought}"
    missing = spending["unknown"]["tokens"]
    aside = f"; unknown for {missing} experiment{'' if missing == 1 else 's'}" if missing else ""
    return ", ".join(filter(None, (read, written))) + aside


def _requests(found: dict[str, Any]) -> str:
    parts = (
        str(found["requests"]) if found["requests"] else "",
        f"asked {_times(found['repairs'])} to mend a change" if found["repairs"] else "",
        f"waited {_times(found['waits'])}, {seconds(found['waited_s'])} in all" if found["waits"] else "",
    )
    return ", ".join(filter(None, parts))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _set_aside(held: dict[str, Any]) -> str:
    amounts = [_counted(kind, held[kind]) for kind in ("cost_usd", "tokens", "requests") if held[kind]]
    count = held["experiments"]
    cut_off = f"{count} experiment{' that was' if count == 1 else 's that were'} cut off: nobody knows what they used"
    return f"{', '.join(amounts)} for {cut_off}" if amounts else ""


def _price(spending: dict[str, Any]) -> str:
    """Say what the keeps and the gain have cost, in dollars where these are known and in tokens otherwise."""
    dear = spending["per_kept"]["cost_usd"]
    kind = "tokens" if dear is None or (dear == 0 and spending["unknown"]["cost_usd"]) else "cost_usd"
    named = (("per_kept", "a keep"), ("per_confirmed", "a confirmed one"), ("per_percent", "for 1 % of in-loop gain"))
    parts = [
        f"{_counted(kind, spending[key][kind])} {words}" for key, words in named if spending[key][kind] is not None
    ]
    least = "at least " if spending["unknown"][kind] else ""
    return f"{least}{', '.join(parts)}" if parts else ""


def _forecast(found: dict[str, Any] | None, *, goes_on: bool) -> Iterator[tuple[str, str]]:
    if found is None:
        return
    each = found["per_experiment"]
    shown = [
        f"{_counted(kind, each[kind]['median'])}{_range(kind, each[kind])}"
        for kind in _KNOWN
        if each[kind] and each[kind]["high"]
    ]
    if each["wall_s"]:
        shown.append(f"{seconds(each['wall_s']['median'])}")
    yield "experiment", f"about {', '.join(shown)}" if shown else ""
    if found["ends_by"] is not None and goes_on:
        rest = [_counted(kind, found["rest"][kind]) for kind in _KNOWN if found["rest"][kind]]
        if found["rest"]["wall_s"]:
            rest.append(seconds(found["rest"]["wall_s"]))
        more = found["experiments_left"]
        count = f"after about {more} more experiment{'' if more == 1 else 's'}" if more else "before another experiment"
        yield "ends by", f"{_WORDS[found['ends_by']]}, {count}{': ' if rest else ''}{', '.join(rest)}"


_KNOWN = ("cost_usd", "tokens")


def _range(kind: Any, spread: dict[str, float]) -> str:
    low, high = amount(kind, spread["low"]), amount(kind, spread["high"])
    return f" ({low} to {high})" if low != high else ""


def _counted(kind: Any, value: float) -> str:
    noun = {"cost_usd": "", "tokens": " tokens", "requests": " requests"}[kind]
    return f"{amount(kind, value if kind == 'cost_usd' else round(value))}{noun}"
