"""The role of an adapter: how one coding agent is started, and what its words mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.options import AgentOptions

Trouble = Literal[
    "rate_limit",
    "overloaded",
    "quota",
    "server",
    "hang",
    "reset",
    "cut",
    "malformed",
    "login",
    "no_model",
    "other",
]
"""What can come between an agent and its model: weather as ports.Unavailable names it, what somebody has to mend, and the rest."""

MENDED_BY_PEOPLE: frozenset[Trouble] = frozenset({"login", "no_model"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an agent before it is started.

    `program` is its name on PATH, `install` a command that installs it. `key` names the variable in which it looks for its provider's key,
    `logins` are the files below HOME that hold a login. `hosts` are where its provider answers, `rules` is the file below HOME that it reads as
    standing instructions (empty: it reads none). `allow` tells what it can be held to: single commands, its editing tools without any
    command, or, as far as it has a shell, nothing narrower than the sandbox. `version` are the arguments with which it prints its version
    (none: it is not asked). `counts` says in words what it tells of its use. `takes_files`: it has to be told the files that it may edit.
    """

    name: str
    title: str
    program: str
    install: str
    key: str = ""
    logins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    rules: str = ""
    allow: Literal["commands", "edits", "shell"] = "commands"
    resumes: bool = True
    counts: str = "tokens"
    version: tuple[str, ...] = ("--version",)
    takes_files: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work. Paths are those that the agent sees; `files` are the paths in scope that exist, relative to `workspace`, for an
    agent that takes them.

    `prompt` is what it is asked, `rules` what holds for all its work. `resume` is the session in which it made the change that it is to mend.
    `walled` tells that a sandbox of ours is around it, `brief_md` and `brief_json` where its brief lies.
    """

    program: str
    prompt: str
    rules: str
    home: str
    workspace: str
    options: AgentOptions
    key: str = ""
    files: tuple[str, ...] = ()
    resume: str = ""
    walled: bool = True
    brief_md: str = ""
    brief_json: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """How an agent is started: argv, variables besides the usual ones, and files that its HOME has to hold (path below it: text).

    `reads` are files and folders of this machine that it needs besides its own installation.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a model did not answer, in the agent's own words, and the seconds after which it may be asked again if it said so."""

    kind: Trouble
    words: str
    retry_after_s: float | None = None


@dataclass(slots=True)
class Heard:
    """What the stream of an agent has told so far; adapters fill it in.

    `done` is True once the stream itself says that the work ended well, `text` is what the agent said last. `tokens` are counted as
    `Tokens` does, by whom is `counted_by`; `cost_usd` stays None where the agent knows no price. `requests` are answers of its model,
    `answer` names the one counted last, for agents that print one in several events. `failure` is why the last request was not answered;
    one that people have to mend ends the agent, and so does `hopeless`: it would go on asking for longer than the engine lets it. `ending`
    says which cap of its own it met, `denied` the tools that it was not allowed, `running` those that have not ended. `settled` and
    `settled_usd` are tokens and dollars of results that came before, for agents that may go on after a result. `version` is what the
    stream tells of the program's name and version.
    """

    session: str = ""
    text: str = ""
    model: str = ""
    version: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    counted_by: str = ""
    cost_usd: float | None = None
    requests: int = 0
    answer: str = ""
    done: bool = False
    failure: Failure | None = None
    hopeless: bool = False
    ending: str = ""
    denied: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    settled: Tokens = field(default_factory=Tokens)
    settled_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended, what it left in its files, and its HOME as we see it. `returncode` is None when it was killed."""

    returncode: int | None
    stdout: Path
    stderr: Path
    home: Path


class Agent(Protocol):
    """One coding agent."""

    @property
    def facts(self) -> Facts:
        """Tell what is known of it."""
        ...

    @property
    def options(self) -> type[AgentOptions]:
        """Give the model of its keys."""
        ...

    def launch(self, task: Task) -> Launch:
        """Say how it is started for a task."""
        ...

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one line of its stdout, as soon as it is there. A line that means nothing is passed over."""
        ...

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Take up what can be known only after its end."""
        ...
