"""The keys of `proposer: {kind: model}`, and the endpoint that they name."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from autoexp.errors import AutoexpError
from autoexp.proposers.model.client.request import OURS
from autoexp.proposers.model.client.values import Endpoint, Price
from autoexp.proposers.options import ProposerOptions, Repairs
from autoexp.spec.quantities import Count, Seconds
from autoexp.spec.section import Section
from autoexp.spec.strings import Strings

HOMES = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
_Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PriceSection(Section):
    """What a model costs, in USD per million tokens, where neither its provider nor the price list says so."""

    input: _Usd
    output: _Usd
    cached: _Usd | None = None
    cache_write: _Usd | None = None


class ModelOptions(ProposerOptions):
    """Keys of `proposer: {kind: model}`. `several` is the number of hypotheses that one request asks for, tried in turn."""

    api: Literal["openai", "anthropic"] = "openai"
    base_url: str = ""
    model: str = Field(min_length=1)
    api_key_env: str = ""
    several: int = Field(1, ge=1, le=10)
    repair: Repairs = 1
    show: Strings = ()
    context: Count = 60_000
    timeout_s: Seconds = Field(1800.0, alias="timeout")
    idle_s: Seconds = Field(300.0, alias="idle")
    patience_s: Seconds = Field(86_400.0, alias="patience")
    stream: bool = True
    max_output: Annotated[int, Field(ge=1)] | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    price: PriceSection | None = None

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("an address is expected that begins with http:// or https://")
        return url

    @field_validator("api_key_env")
    @classmethod
    def _names_a_variable(cls, name: str) -> str:
        if name and not name.isidentifier():
            raise ValueError("the name of a variable is expected, never the key itself")
        return name

    @field_validator("options")
    @classmethod
    def _leaves_ours_alone(cls, options: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(set(OURS) & set(options)):
            raise ValueError(f"{', '.join(taken)}: set by autoexp, or by a key of its own")
        return options


def endpoint_of(options: ModelOptions, environ: Mapping[str, str]) -> Endpoint:
    """Give where the model answers. Raises AutoexpError when the variable that should hold the key is not set."""
    key = environ.get(options.api_key_env, "") if options.api_key_env else ""
    if options.api_key_env and not key.strip():
        raise AutoexpError(
            f"the variable {options.api_key_env} is not set, which should hold the key",
            where="proposer.api_key_env",
            fix=f"export {options.api_key_env}=..., or take api_key_env out where the server wants no key",
        )
    price = options.price
    return Endpoint(
        api=options.api,
        base_url=options.base_url or HOMES[options.api],
        model=options.model,
        key=key.strip(),
        key_env=options.api_key_env,
        idle_s=options.idle_s,
        total_s=options.timeout_s,
        stream=options.stream,
        max_output=options.max_output,
        options=options.options,
        price=None if price is None else Price(price.input, price.output, price.cached, price.cache_write),
    )
