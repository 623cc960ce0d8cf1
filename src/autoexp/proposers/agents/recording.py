"""What an agent says, made fit for the record: without secrets, on one line where it is a name, and never longer than a person reads."""

from dataclasses import replace

from autoexp.processes.masking import mask
from autoexp.proposers.agents.agent import Heard

_LONGEST_NAME, _LONGEST_WORDS = 200, 2000
_MOST_DENIED = 20


def fit_for_record(heard: Heard, secrets: tuple[str, ...]) -> None:
    """Cut and mask all texts of an agent that a proposal, an error or a wait may hold."""
    heard.text = _written(mask(heard.text, secrets))
    heard.ending = _shown(mask(heard.ending, secrets)[:_LONGEST_WORDS])
    heard.model, heard.version = _name(heard.model, secrets), _name(heard.version, secrets)
    heard.counted_by = _name(heard.counted_by, secrets)
    heard.denied = [_name(one, secrets) for one in heard.denied[:_MOST_DENIED]]
    if heard.failure is not None:
        words = _shown(mask(heard.failure.words, secrets)[:_LONGEST_WORDS])
        heard.failure = replace(heard.failure, words=words)


def _name(text: str, secrets: tuple[str, ...]) -> str:
    return " ".join(_shown(mask(text, secrets)[:_LONGEST_NAME]).split())


def _shown(text: str) -> str:
    """Leave out what would move the cursor of who reads it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _written(text: str) -> str:
    """Replace half a surrogate pair, which no file can hold."""
    return text.encode("utf-8", "replace").decode()
