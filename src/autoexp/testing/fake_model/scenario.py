"""What the model is to say: turns, defaults and usage, read from keywords or a JSON file and refused early when a key is wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict, cast, get_type_hints

from .faults import faults_of
from .wire.request import Request

OPS = ("read", "write", "edit", "bash")


class ScenarioError(ValueError):
    """A scenario that cannot be played; the text names the place and what is known there."""


class Usage(TypedDict, total=False):
    """Tokens of one request. `input` leaves cached tokens out, `output` holds the reasoning."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    reasoning: int


class Turn(TypedDict, total=False):
    """One answer of the model, with what goes wrong before it."""

    text: str
    read: Any
    write: Any
    edit: Any
    bash: Any
    ops: Sequence[Mapping[str, Any]]
    tool_calls: Sequence[Mapping[str, Any]]
    stop: str  # end (default), length (cut by max_tokens) or refused
    error: Any
    latency: float
    chunk_delay: float
    usage: "Usage | str"
    cost: float
    match: str


Say = Turn | Mapping[str, Any] | str
Handler = Callable[[Request], Say | None]


class Scenario(TypedDict, total=False):
    """All that the model is told beforehand; everything is optional."""

    turns: Sequence[Say]
    default: Say
    handler: Handler | None
    usage: Usage | Mapping[str, int] | str  # tokens of each request, "counted" (characters / 4) or "none"
    cost: float
    key: str | None
    latency: float
    select: str
    loop: bool
    side: Say
    side_patterns: Sequence[str]
    sessions: Mapping[str, "Scenario"]


def in_order(answers: Iterable[Say], *, then: Say | None = None) -> Handler:
    """Return a handler that plays the answers one a request, whatever the conversation, then `then` (else the default)."""
    left = iter(list(answers))
    return lambda _request: next(left, then)


def checked(scenario: Mapping[str, Any]) -> Scenario:
    """Return the scenario with every turn as a mapping. Raises ScenarioError for an unknown key, usage, choice or fault."""
    _refuse_unknown(scenario, Scenario, "the scenario")
    whole: dict[str, Any] = dict(scenario)
    whole["turns"] = [turn_of(turn, f"turn {n}") for n, turn in enumerate(scenario.get("turns") or (), start=1)]
    whole["default"] = turn_of(scenario.get("default") or "Done.", "default")
    whole["side"] = turn_of(scenario.get("side") or "Scripted side reply", "side")
    whole["sessions"] = {name: checked(_own(scenario, part)) for name, part in (scenario.get("sessions") or {}).items()}
    _check_usage(scenario.get("usage"), "the scenario")
    if scenario.get("select", "next") not in {"next", "conversation"}:
        raise ScenarioError(f"select is {scenario['select']!r}; say next or conversation")
    return cast("Scenario", whole)


def turn_of(said: Say, where: str) -> Turn:
    """Return a turn; a plain string is its text. Raises ScenarioError for an unknown key, stop, usage or fault."""
    turn: Mapping[str, Any] = {"text": said} if isinstance(said, str) else said
    if not isinstance(turn, Mapping):
        raise ScenarioError(f"{where} is {said!r}; a turn is a text or a mapping")
    _refuse_unknown(turn, Turn, where)
    _check_usage(turn.get("usage"), where)
    if turn.get("stop", "end") not in {"end", "length", "refused"}:
        raise ScenarioError(f"stop of {where} is {turn['stop']!r}; say end, length or refused")
    try:
        faults_of(turn.get("error"))
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"error of {where}: {error}") from error
    return cast("Turn", dict(turn))


def ops_of(turn: Turn) -> list[tuple[str, Any]]:
    """Return the portable operations of a turn, in order."""
    alone = [(name, turn[name]) for name in OPS if name in turn]  # type: ignore[literal-required]
    return alone + [pair for op in turn.get("ops", ()) for pair in op.items()]


def _own(scenario: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a session's scenario: what it does not say itself is as in the whole."""
    replaced = {"turns", "handler"} if {"turns", "handler"} & set(part) else set()
    return {name: value for name, value in scenario.items() if name not in replaced | {"sessions"}} | dict(part)


def _refuse_unknown(given: Mapping[str, Any], known: type, where: str) -> None:
    names = get_type_hints(known)
    if unknown := [name for name in given if name not in names]:
        raise ScenarioError(f"{where} has {unknown[0]!r}, which means nothing; known: {', '.join(names)}")


def _check_usage(usage: Any, where: str) -> None:
    if usage is None or usage in ("counted", "none"):
        return
    if not isinstance(usage, Mapping):
        raise ScenarioError(f'usage of {where} is {usage!r}; give token counts, "counted" or "none"')
    _refuse_unknown(usage, Usage, f"usage of {where}")
