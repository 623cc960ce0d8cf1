"""The customers: 32 messages of four kinds with what the shop knows, the same each time."""

import random
from dataclasses import dataclass

KINDS = ("late", "broken", "return", "invoice")
_EACH = 8
_NAMES = (
    "Ada Okafor", "Ben Laszlo", "Chloe Martin", "Daniel Weiss", "Elif Demir", "Farid Haddad", "Grace Lin", "Hugo Costa",
    "Ines Novak", "Jonas Berg", "Kemi Adeyemi", "Lucia Romano", "Mateo Silva", "Nora Haugen", "Omar Nasser", "Paula Vidal",
)  # fmt: skip
_PRODUCTS = ("lamp", "kettle", "bookshelf", "rug", "clock", "desk chair", "mirror", "toaster")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_MESSAGES = {
    "late": "my {product} should have come last week, and it is not here. Where is it?",
    "broken": "the {product} came today, and one side of it is broken. What now?",
    "return": "I do not need the {product} after all. How do I send it back?",
    "invoice": "I need an invoice for the {product}, made out to my company.",
}


@dataclass(frozen=True)
class Case:
    """One customer: what was written, and what a reply can be filled in with."""

    id: str
    kind: str
    name: str
    order: str
    product: str
    day: str

    @property
    def context(self) -> str:
        """What the judge is shown besides the reply."""
        message = _MESSAGES[self.kind].format(product=self.product)
        return (
            f"Message: Hello, order {self.order}: {message}\nSigned: {self.name}\n"
            f"Note of the shop: the desk has done its part by {self.day}."
        )


def cases() -> list[Case]:
    """Draw them; the same ones each time, so that scores compare item by item."""
    draw = random.Random("replies")
    return [
        Case(
            id=f"{kind}-{number}",
            kind=kind,
            name=draw.choice(_NAMES),
            order=str(draw.randrange(10_000, 100_000)),
            product=draw.choice(_PRODUCTS),
            day=draw.choice(_DAYS),
        )
        for kind in KINDS
        for number in range(_EACH)
    ]
