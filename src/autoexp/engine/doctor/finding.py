"""One thing that the doctor saw, as a value."""

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is as it should be, and what it is.

    `more` are further lines, `do` is the command or the step that mends it. With `hopeless` no campaign can run here.
    """

    subject: str
    state: State
    what: str
    more: tuple[str, ...] = ()
    do: str = ""
    hopeless: bool = False

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "subject": self.subject,
            "state": self.state,
            "what": self.what,
            "more": list(self.more),
            "do": self.do,
        }
