"""What a request cost: the provider's own word, else the contract's price, else public prices that come with a package (no network)."""

import math
from urllib.parse import urlsplit

from autoexp.experiment.records import Tokens
from autoexp.proposers.model.client.extra import load
from autoexp.proposers.model.client.hosts import is_loopback
from autoexp.proposers.model.client.values import Endpoint, Price

MILLION = 1_000_000
PROVIDER, CONTRACT, PUBLIC = "provider", "contract", "genai-prices"


def cost(tokens: Tokens, endpoint: Endpoint, reported: float | None) -> tuple[float | None, str]:
    """Give the cost in USD and who says so; what nobody knows is (None, ""), never 0. Raises AutoexpError without the extra `models`."""
    if reported is not None:
        return reported, PROVIDER
    if endpoint.price is not None:
        usd = _by_contract(tokens, endpoint.price)
        return (None, "") if usd is None else (usd, CONTRACT)
    usd = _by_public_price(tokens, endpoint)
    return (None, "") if usd is None else (usd, PUBLIC)


def price_known(endpoint: Endpoint) -> bool:
    """Tell whether a request can be priced before it is sent."""
    return estimate(endpoint, 1000, 1000) is not None


def estimate(endpoint: Endpoint, input_tokens: int, output_tokens: int) -> float | None:
    """Give what so many tokens cost when nothing comes from a cache, or None when the price is not known."""
    return cost(Tokens(input=input_tokens, output=output_tokens), endpoint, None)[0]


def _by_contract(tokens: Tokens, price: Price) -> float | None:
    if tokens.input is None or tokens.output is None:
        return None
    cached, written = tokens.cached or 0, tokens.cache_write or 0
    if cached + written > tokens.input:
        cached, written = 0, 0
    return (
        (tokens.input - cached - written) * price.input
        + cached * (price.input if price.cached is None else price.cached)
        + written * (price.input if price.cache_write is None else price.cache_write)
        + tokens.output * price.output
    ) / MILLION


def _by_public_price(tokens: Tokens, endpoint: Endpoint) -> float | None:
    if tokens.input is None or tokens.output is None or not (url := _public_url(endpoint.base_url)):
        return None
    prices = load("genai_prices")
    counts = {
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_tokens": tokens.cached or 0,
        "cache_write_tokens": tokens.cache_write or 0,
    }
    try:
        found = prices.calc_price(prices.Usage(**counts), endpoint.model, provider_api_url=url)
    except (LookupError, ValueError):  # an unknown provider or model, or counts that it cannot price
        return None
    if found.model_price.input_mtok is None or found.model_price.output_mtok is None:
        return None
    usd = float(found.total_price)
    return usd if math.isfinite(usd) and usd >= 0 else None


def _public_url(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return "" if not host or is_loopback(host) else f"https://{host}{parts.path}"
