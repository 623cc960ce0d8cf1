"""One request to a model, over HTTP: what to send, what came back, what it cost, and what the weather was when nothing came.

Nothing here asks twice: whoever calls waits and asks again. Neither HTTP nor prices are loaded before a request is made.
"""

from autoexp.proposers.model.client.ask import ask, ready
from autoexp.proposers.model.client.prices import cost, estimate, price_known
from autoexp.proposers.model.client.values import Endpoint, Message, Price, Reply

__all__ = ["Endpoint", "Message", "Price", "Reply", "ask", "cost", "estimate", "price_known", "ready"]
