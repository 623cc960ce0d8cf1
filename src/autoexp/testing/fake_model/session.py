"""One run through a scenario: which turn a request gets, which fault it meets, and what has been counted so far."""

import re
import threading
from collections import Counter
from dataclasses import asdict, dataclass, replace

from .faults import Fault, fault_at, faults_of
from .ops import parses_replies, spoken, wants_blocks
from .scenario import Scenario, Turn, ops_of, turn_of
from .wire.reply import Reply, Tokens
from .wire.request import Json, Request

_USUAL = {"input": 100, "output": 20}


@dataclass(frozen=True)
class Play:
    """What a request gets: a turn, the fault it meets on the way, and whether it was a side request."""

    turn: Turn
    fault: Fault | None = None
    side: bool = False
    wait: float = 0.0

    @property
    def answers(self) -> bool:
        """Whether the reply goes out whole."""
        return self.fault is None or self.fault.kind == "slow"


class Session:
    """The state of one conversation partner; whoever calls `play` and `reply` holds its lock."""

    def __init__(self, scenario: Scenario) -> None:
        self.lock = threading.Lock()
        self.scenario = scenario
        self.turn = 0
        self.requests = 0
        self.answered = 0
        self.sizes: list[int] = []
        self.faults: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.cost = 0.0
        self._met: Counter[str] = Counter()

    def play(self, request: Request) -> Play:
        """Take the next turn for a request, and count the fault that it meets."""
        try:
            play = self._next(request)
        except Exception as error:  # noqa: BLE001
            told = f"fake_model: the handler failed with {type(error).__name__}: {error}"
            return self.turn_away(request, Fault(status=400, message=told))
        self._count(request, play.fault)
        return replace(play, wait=float(play.turn.get("latency", self.scenario.get("latency", 0.0))))

    def turn_away(self, request: Request, fault: Fault) -> Play:
        """Refuse a request that takes no turn."""
        self._count(request, fault)
        return Play({}, fault)

    def reply(self, request: Request, play: Play) -> Reply:
        """Return what a play says, with its usage, which counts when the reply goes out whole."""
        turn = play.turn
        try:
            text, calls = spoken(request, turn)
        except LookupError as error:
            text, calls = f"fake_model: {error}", ()
        tokens = _tokens(self.scenario.get("usage"), turn.get("usage"), size=request.size, said=f"{text}{calls or ''}")
        reply = Reply(text, calls, turn.get("stop", "end"), tokens, turn.get("cost", self.scenario.get("cost")))
        if play.answers:
            self.answered += 1
            self.tokens.update(asdict(tokens) if tokens else {})
            self.cost += reply.cost or 0.0
        return reply

    def stats(self) -> Json:
        """Return all counters as data."""
        return {
            "requests": self.requests,
            "answered": self.answered,
            "turn": self.turn,
            "faults": dict(self.faults),
            "sizes": self.sizes,
            "usage": {**asdict(Tokens()), **self.tokens},
            "cost": self.cost,
        }

    def _count(self, request: Request, fault: Fault | None) -> None:
        self.requests += 1
        self.sizes.append(request.size)
        self.faults.update([fault.name] if fault else [])

    def _next(self, request: Request) -> Play:
        if (key := self.scenario.get("key")) and not _sent(request, key):
            return Play({}, Fault("expired_key"))
        if handler := self.scenario.get("handler"):
            said = handler(request)
            turn = self._default if said is None else turn_of(said, "the handler's turn")
            return Play(turn, fault_at(faults_of(turn.get("error")), 0))
        if self._is_side(request):
            return Play(turn_of(self.scenario["side"], "side"), side=True)
        for index, turn in enumerate(self._turns):
            if "match" in turn and re.search(turn["match"], request.last):
                return Play(turn, self._fault(turn, f"match {index}"))
        return self._plain(request)

    @property
    def _turns(self) -> list[Turn]:
        return [turn_of(turn, "a turn") for turn in self.scenario.get("turns", ())]

    @property
    def _default(self) -> Turn:
        return turn_of(self.scenario["default"], "default")

    def _is_side(self, request: Request) -> bool:
        """Titles, summaries and the like, that an agent asks for beside its main loop."""
        if any(re.search(pattern, request.text) for pattern in self.scenario.get("side_patterns", ())):
            return True
        if request.tools or parses_replies(request):
            return False
        return any(ops_of(turn) or turn.get("tool_calls") for turn in self._turns)

    def _plain(self, request: Request) -> Play:
        plain = [turn for turn in self._turns if "match" not in turn]
        by_conversation = self.scenario.get("select") == "conversation"
        index = request.assistant_turns if by_conversation else self.turn
        if wants_blocks(request):  # one reply holds all edits: turns that only look have nothing to say
            while index < len(plain) and _only_looks(plain[index]):
                index += 1
        place = index % len(plain) if plain and self.scenario.get("loop") else index
        if place >= len(plain):
            return Play(self._default, self._fault(self._default, "default"))
        fault = self._fault(plain[place], str(index))
        if not by_conversation:
            self.turn = index + (fault is None or (fault.instead and self._is_last(plain[place], str(index))))
        return Play(plain[place], fault)

    def _fault(self, turn: Turn, key: str) -> Fault | None:
        fault = fault_at(faults_of(turn.get("error")), self._met[key])
        self._met[key] += fault is not None
        return fault

    def _is_last(self, turn: Turn, key: str) -> bool:
        return fault_at(faults_of(turn.get("error")), self._met[key]) is None


def _only_looks(turn: Turn) -> bool:
    ops = {name for name, _ in ops_of(turn)}
    return bool(ops) and not ops & {"write", "edit"}


def _sent(request: Request, key: str) -> bool:
    headers = request.headers
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    return key in {bearer, headers.get("x-api-key"), headers.get("x-goog-api-key"), request.query.get("key")}


def _tokens(whole: object, own: object, *, size: int, said: str) -> Tokens | None:
    told = whole if own is None else own
    if told == "none":
        return None
    if told == "counted":
        return Tokens(input=max(1, size // 4), output=max(1, len(said) // 4))
    counts = {name: value for part in (whole, own) if isinstance(part, dict) for name, value in part.items()}
    return Tokens(**{**_USUAL, **counts})
