"""Agents that work with the models of many providers: where each of these answers, and how a contract names one."""

from typing import Self

from pydantic import model_validator

from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.options import AgentOptions, OpenAiOptions

OWN = "autoexp"
"""What the provider behind `base_url` is called in an agent's settings."""
KEY = "AUTOEXP_MODEL_KEY"
"""The variable that an agent's settings name as the place of the key."""

_HOSTS = {
    "anthropic": "api.anthropic.com:443",
    "cerebras": "api.cerebras.ai:443",
    "deepseek": "api.deepseek.com:443",
    "google": "generativelanguage.googleapis.com:443",
    "groq": "api.groq.com:443",
    "mistral": "api.mistral.ai:443",
    "moonshotai": "api.moonshot.ai:443",
    "openai": "api.openai.com:443",
    "opencode": "opencode.ai:443",
    "openrouter": "openrouter.ai:443",
    "xai": "api.x.ai:443",
}


class ManyOptions(OpenAiOptions):
    """Keys of an agent of many providers: the model is PROVIDER/MODEL, or any name behind `base_url`."""

    @model_validator(mode="after")
    def _names_a_provider(self) -> Self:
        provider, _, model = self.model.partition("/")
        if not self.model:
            raise ValueError("`model` is needed: PROVIDER/MODEL, such as anthropic/claude-sonnet-4-5")
        if not self.base_url and not (provider and model):
            raise ValueError(
                f"`model` {self.model} does not name its provider: PROVIDER/MODEL is expected, or a base_url"
            )
        if not self.base_url and provider not in _HOSTS and not self.hosts:
            raise ValueError(
                f"it is not known where the provider {provider} answers: name it in `hosts`, or give a base_url"
            )
        return self

    @property
    def named(self) -> str:
        """Give the model as the agent is told it: PROVIDER/MODEL."""
        return f"{OWN}/{self.model}" if self.base_url else self.model


class Many(Driven):
    """A plugin whose provider is the one of the contract's model."""

    def hosts(self, options: AgentOptions) -> tuple[str, ...]:
        """Give the places that the agent has to reach, for a contract that does not name them itself."""
        known = _HOSTS.get(options.model.partition("/")[0])
        own = (known,) if known and not options.base_url else ()
        return tuple(dict.fromkeys((*own, *super().hosts(options))))
