"""Values as bytes: what comes back is what was put in, and nothing else can be asked for."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.builders import Tape, tapes

from autoexp.campaign.fold import fold_all
from autoexp.campaign.state import CampaignState
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Tokens
from autoexp.stores import values


class Calls:
    """Asks for a call when it is read."""

    def __init__(self, made: Callable[..., Any], *arguments: Any) -> None:
        self._asked = (made, arguments)

    def __reduce__(self) -> Any:
        return self._asked


@settings(deadline=None, max_examples=25)
@given(tapes())
def test_state_comes_back_as_it_was(tape: Tape) -> None:
    state = fold_all(tape.records)
    again = values.load(values.dump(state))
    assert again.knowledge == state.knowledge
    assert again.ideas == state.ideas
    assert repr(again) == repr(state)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_outcome_comes_back_as_itself(outcome: Outcome) -> None:
    assert values.load(values.dump(outcome)) is outcome


def test_nothing_is_called_that_makes_no_value(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    forged: list[Any] = [
        Calls(os.system, f"touch {trace}"),
        Calls(eval, f"open({str(trace)!r}, 'w')"),
        Calls(open, str(trace), "w"),
        Calls(Path.touch, trace),
        Calls(getattr, Tokens, "model_construct"),
        Calls(fold_all, ()),
        Calls(setattr, Tokens, "total", 3),
        Calls(bytearray, 10),
        print,
        Tape(),
        Path("x"),
    ]
    for one in forged:
        for hidden in (one, (CampaignState(), one), {"a": [one]}):
            with pytest.raises(ValueError, match="no value"):
                values.load(pickle.dumps(hidden, 5))
    assert not trace.exists()


@pytest.mark.parametrize(
    "module", ["os", "posix", "builtins", "autoexp.campaign.fold", "autoexp.stores.values", "gone"]
)
@pytest.mark.parametrize("name", ["system", "eval", "fold", "fold_all", "pickle", "replace", "ev", "BaseModel", "x.y"])
def test_name_of_anything_but_a_value_is_refused(module: str, name: str) -> None:
    for data in (f"c{module}\n{name}\n.", f"c{module}\n{name}\n(tR."):
        with pytest.raises(ValueError, match="no value"):
            values.load(data.encode())


def test_bytes_cannot_change_a_class() -> None:
    """They may name a class of values, and say what attributes it is to have."""
    for module, name, key in (
        ("autoexp.experiment.outcome", "Outcome", "forged"),
        ("autoexp.experiment.records", "Tokens", "forged"),
        ("autoexp.campaign.state", "Counts", "forged"),
    ):
        build = f"c{module}\n{name}\n(NdS'{key}'\nS'yes'\nstb.".encode()
        with pytest.raises(ValueError, match="no value"):
            values.load(build)
    assert not any(hasattr(kind, "forged") for kind in (Outcome, Tokens, type(CampaignState().counts)))


@pytest.mark.parametrize("data", [b"", b"\x80", b".", b"(" * 10_000, b"\x80\x05}\x94.x"[:3], b"junk"])
def test_bytes_that_are_no_value_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no value"):
        values.load(data)
