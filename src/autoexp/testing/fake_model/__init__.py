"""A scripted model behind real HTTP on 127.0.0.1, with every kind of bad weather; no key, no network, no randomness.

`with FakeModel(turns=["first answer", {"error": "rate_limit", "text": "second answer"}]) as model:` gives `model.url` (Anthropic and
Gemini clients) and `model.openai_url`. Standard library only: the folder works wherever it is copied, as `python -m fake_model`.
"""

from .model import FakeModel
from .scenario import Handler, Scenario, ScenarioError, Turn, Usage, in_order
from .wire.request import Message, Request

__all__ = ["FakeModel", "Handler", "Message", "Request", "Scenario", "ScenarioError", "Turn", "Usage", "in_order"]
