"""The keys that all coding agents share."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from autoexp.proposers.model.options import PriceSection
from autoexp.proposers.options import ProposerOptions, Repairs, Variables
from autoexp.spec.network import parse_allow, parse_endpoint
from autoexp.spec.quantities import Count, Seconds
from autoexp.spec.strings import Strings

_Usd = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Turns = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class AgentOptions(ProposerOptions):
    """Keys of `proposer: {kind: claude-code}` and the like.

    `program` is the agent's own program where it is not on PATH, `args` are more arguments for it. `allow` names shell commands that it may run
    besides editing; None leaves it to the agent's adapter: no command for agents that can do without. `turns`, `tokens` and `cost_usd` are caps
    of one experiment. `hosts` are places that it may reach besides its provider; `login: false` keeps a login of the user's out of its HOME.
    """

    model: str = ""
    program: str = ""
    args: Strings = ()
    api_key_env: str = ""
    base_url: str = ""
    login: bool = True
    hosts: Strings = ()
    allow: Strings | None = None
    turns: _Turns | None = 60
    tokens: Count | None = None
    cost_usd: _Usd | None = None
    timeout_s: Seconds = Field(1800.0, alias="timeout")
    idle_s: Seconds = Field(600.0, alias="idle")
    patience_s: Seconds = Field(86_400.0, alias="patience")
    env: Variables = Field(default_factory=dict)
    env_from: Strings = ()
    repair: Repairs = 1
    price: PriceSection | None = None

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url:
            return url
        if not url.startswith(("http://", "https://")):
            raise ValueError("an address is expected that begins with http:// or https://")
        if not _has_host_and_port(url):
            raise ValueError("the address has no host or no port that there is, as http://127.0.0.1:8000/v1 has")
        if "@" in urlsplit(url).netloc:
            raise ValueError(
                "a name or key in an address is seen by everybody: api_key_env names the variable that holds the key"
            )
        return url.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _names_a_variable(cls, name: str) -> str:
        if name and not name.isidentifier():
            raise ValueError("the name of a variable is expected, never the key itself")
        return name

    @field_validator("hosts")
    @classmethod
    def _are_places(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(parse_allow(host)) for host in hosts)


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parse_endpoint(
            f"{f'[{parts.hostname}]' if ':' in (parts.hostname or '') else parts.hostname or ''}:{parts.port or 443}"
        )
    except ValueError:
        return False
    return True


class OpenAiOptions(AgentOptions):
    """Keys of an agent that speaks to any server with an API of OpenAI's shape or Anthropic's."""

    api: Literal["openai", "anthropic"] = "openai"
