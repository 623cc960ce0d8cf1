"""`FakeModel`: the object that tests and labs hold."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from .scenario import Scenario
from .server import Server
from .service import Service
from .wire.request import Json


class FakeModel:
    """A model that says what it was told to, over real HTTP on 127.0.0.1, from `with` (or `start`) to `close`.

    The scenario comes as a mapping, as keywords, or both. Raises ScenarioError for a key that means nothing.
    """

    def __init__(
        self,
        scenario: Mapping[str, Any] | None = None,
        *,
        port: int = 0,
        models: tuple[str, ...] = ("fake-model",),
        log_file: Path | None = None,
        bodies: bool = True,
        **more: Unpack[Scenario],
    ) -> None:
        self._service = Service({**(scenario or {}), **more}, models=models, log_file=log_file, bodies=bodies)
        self._port = port
        self._server: Server | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Self:
        """Listen; after a `close`, on the same port again. Raises OSError when the port is taken."""
        self._server = self._server or Server(self._service, port=self._port)
        return self

    def close(self) -> None:
        """Stop listening and end every connection; counters and log stay."""
        if self._server:
            self._port = self.port
            self._server.close()
            self._server = None

    @property
    def port(self) -> int:
        """The port it listens on. Raises RuntimeError while it does not listen."""
        if not self._server:
            raise RuntimeError("the model does not listen; use `with FakeModel(...) as model:`")
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base for Anthropic and Gemini clients."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """The base for OpenAI clients."""
        return f"{self.url}/v1"

    def session_url(self, name: str) -> str:
        """Return the base of a session of its own, with its own turns and counters."""
        return f"{self.url}/s/{name}"

    @property
    def requests(self) -> int:
        """How many requests to the model came in, faults included."""
        return sum(part["requests"] for part in self.stats().values())

    @property
    def answered(self) -> int:
        """How many got their whole reply, as far as the model can tell."""
        return sum(part["answered"] for part in self.stats().values())

    @property
    def faults(self) -> Counter[str]:
        """How many met which fault."""
        return sum((Counter(part["faults"]) for part in self.stats().values()), Counter())

    @property
    def log(self) -> list[Json]:
        """Every request in order of arrival: what was asked, what was replied, which fault it met."""
        return self._service.log()

    @property
    def sizes(self) -> list[int]:
        """Bytes of each request body, in order of arrival."""
        return [entry["size"] for entry in self.log if "size" in entry]

    def stats(self) -> dict[str, Json]:
        """Return the counters of each session by its name; the plain URL is `default`."""
        return self._service.stats()

    def reset(self, scenario: Mapping[str, Any] | None = None) -> None:
        """Forget counters, log and played turns; a scenario given replaces the old one. Raises ScenarioError."""
        self._service.reset(scenario)
