"""A coding agent as a plugin: the places that it has to reach, and its proposer, built for a contract."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.agents.agent import Agent
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.proposer import AgentProposer


class Driven:
    """A plugin of the group `autoexp.proposers`: an agent, ready to be built for a contract.

    `fitted` gives the agent that a contract describes, where its facts are up to the contract.
    """

    def __init__(self, agent: Agent, *, fitted: Callable[[Any], Agent] | None = None) -> None:
        self.agent = agent
        self._fitted = fitted or (lambda _: agent)
        self.Options = agent.options  # the name under which plugins show the model of their keys

    def hosts(self, options: AgentOptions) -> tuple[str, ...]:
        """Give the places that the agent has to reach, for a contract that does not name them itself."""
        own = (_endpoint(options.base_url),) if options.base_url else self._fitted(options).facts.hosts
        return tuple(dict.fromkeys((*own, *options.hosts)))

    def __call__(
        self,
        options: AgentOptions,
        *,
        folder: Path,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
        cell: Cell | None = None,
    ) -> AgentProposer:
        """Build the proposer. Raises AutoexpError when program, key or login is not there."""
        return AgentProposer(self._fitted(options), options, folder=folder, environ=environ, stop=stop, cell=cell)


def _endpoint(url: str) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415  only where an address is given

    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
