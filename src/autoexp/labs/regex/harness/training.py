"""The training strings: 120 addresses, each in one message, and what looks like an address."""

from strings import Labelled, addresses, labelled
from words import WORDS

PEOPLE = addresses(WORDS, seed="regex: who writes", count=120)


def messages() -> list[Labelled]:
    """Draw them; the same ones each time."""
    return labelled(PEOPLE, WORDS, seed="regex: what they write")


if __name__ == "__main__":
    for message in messages():
        print(message.text, "=>", *message.words())
