"""What a person says about a new campaign, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autoexp.api.authors import Author


@dataclass(frozen=True, slots=True)
class Answers:
    """What is said about a new campaign; what is empty was not said.

    `objective` is how several metrics decide together, `form` is how the harness prints its metrics, `secondary` are metrics that it prints besides, `guards` are limits such as `memory_mb<=512`,
    `write` are absolute paths that the harness may write besides its tree.
    """

    goal: str = ""
    measure: str = ""
    checks: str = ""
    holdout: str = ""
    edit: tuple[str, ...] = ()
    metric: str = ""
    direction: str = ""
    unit: str = ""
    propose: str = ""
    model: str = ""
    model_url: str = ""
    key_env: str = ""
    api: str = ""
    name: str = ""
    harness: str = ""
    target: str = ""
    agent: str = ""
    form: str | Mapping[str, str] = ""
    secondary: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    objective: str = ""
    hidden: tuple[str, ...] = ()
    provide: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    timeout: str = ""
    checks_timeout: str = ""
    experiments: int | None = None
    cost_usd: float | None = None
    tokens: str = ""
    wall_clock: str = ""

    @property
    def author(self) -> Author:
        """Give who proposes."""
        return Author(self.propose, self.agent, self.model, self.model_url, self.key_env, self.api)


@dataclass(frozen=True, slots=True)
class Started:
    """The files that were written, and what a person should know before going on."""

    written: tuple[Path, ...]
    notices: tuple[str, ...] = ()
