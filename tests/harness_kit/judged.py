"""What tests of `judge` share: a rubric, a model behind real HTTP that scores, and what it found between the marks."""

import re
from pathlib import Path
from typing import Any

import autoexp.harness_kit as kit
from autoexp.testing.fake_model import FakeModel

QUOTE = re.compile(r"=== (TEXT|CONTEXT) begins (\w+) ===\n(.*?)\n=== \1 ends \2 ===", re.DOTALL)


def between_marks(prompt: str) -> dict[str, str]:
    """Read a prompt as a faithful judge does: what stands between the first pair of marks of a name, without bars."""
    found: dict[str, str] = {}
    for name, _, inner in QUOTE.findall(prompt):
        found.setdefault(name, "\n".join(line[2:] for line in inner.split("\n")))
    return found


def scoring(score: Any) -> Any:
    """Give a handler that answers with a score: a number, or a function of the text between the marks."""

    def handle(request: Any) -> str:
        value = score(between_marks(request.last)["TEXT"]) if callable(score) else score
        return f"It says what it should.\nSCORE: {value}"

    return handle


def rubric_in(folder: Path, text: str = "A good reply greets.") -> Path:
    path = folder / "rubric.md"
    path.write_text(text, encoding="utf-8")
    return path


def judged(model: FakeModel, answers: dict[str, str], rubric: Path, **more: Any) -> kit.Scores:
    settings = {"model": "m", "base_url": model.openai_url, "timeout_s": 20.0, "patience_s": 20.0, **more}
    return kit.judge(answers, rubric=rubric, **settings)
