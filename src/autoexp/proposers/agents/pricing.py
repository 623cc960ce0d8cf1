"""What an agent's work cost: its own word, else the contract's price, else public prices; unknown stays unknown."""

from autoexp.errors import AutoexpError
from autoexp.proposers.agents.agent import Facts, Heard
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.model.client.prices import cost
from autoexp.proposers.model.client.values import Endpoint, Price


def priced(heard: Heard, options: AgentOptions, facts: Facts) -> tuple[float | None, str]:
    """Give the cost in USD, and who says so: the contract's price goes before an agent's own estimate."""
    own = None if options.price is not None else heard.cost_usd
    if own is not None:
        return own, facts.name
    price = options.price
    endpoint = Endpoint(
        api="openai",
        base_url=options.base_url or (f"https://{facts.hosts[0].rpartition(':')[0]}" if facts.hosts else ""),
        model=heard.model or options.model,
        price=None if price is None else Price(price.input, price.output, price.cached, price.cache_write),
    )
    try:
        return cost(heard.tokens, endpoint, None)
    except AutoexpError:  # public prices come with an extra, and nobody has to have it
        return None, ""
