"""Draws messages with labels: what stands in them, and where the e-mail addresses are. The same seed, the same messages."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What addresses and the things that look like them are made of."""

    names: tuple[str, ...]
    families: tuple[str, ...]
    hosts: tuple[str, ...]
    endings: tuple[str, ...]
    images: tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """A message and its addresses, each as (begin, end)."""

    text: str
    addresses: frozenset[tuple[int, int]]

    def words(self) -> Iterator[str]:
        """Give the addresses themselves."""
        return (self.text[begin:end] for begin, end in sorted(self.addresses))


_SENTENCES = (
    "Please write to {}.", "{} has not answered yet", "from: {}, to: {}", "I asked {} and {} last week.", "Mail <{}> about it!",
    "Is it {}? Or rather {}?", "cc {};", "({} knows more)",
)  # fmt: skip


def addresses(words: Words, *, seed: str, count: int) -> list[str]:
    """Draw different addresses of every style in turn."""
    draw = random.Random(seed)
    found: dict[str, None] = {}
    for turn in range(100 * count):
        if len(found) == count:
            break
        found.setdefault(_address(words, draw, turn % len(_STYLES)))
    return list(found)


def labelled(people: Sequence[str], words: Words, *, seed: str, each: int = 1) -> list[Labelled]:
    """Draw messages in which each of the addresses stands `each` times, and others that only hold what looks like one."""
    draw = random.Random(seed)
    waiting = [person for person in people for _ in range(each)]
    draw.shuffle(waiting)
    messages = []
    while waiting:
        sentence = draw.choice(_SENTENCES)
        if sentence.count("{}") <= len(waiting):
            messages.append(_filled(sentence, [waiting.pop() for _ in range(sentence.count("{}"))]))
    messages += [Labelled(text, frozenset()) for text in _lures(words, draw, max(1, len(people) // 24))]
    draw.shuffle(messages)
    return messages


def _filled(sentence: str, people: Sequence[str]) -> Labelled:
    text, spans = "", set()
    for part, person in zip(sentence.split("{}"), [*people, ""], strict=True):
        text += part
        spans |= {(len(text), len(text) + len(person))} if person else set()
        text += person
    return Labelled(text, frozenset(spans))


_STYLES = (
    "{name}", "{name}.{family}", "{first}{family}", "{name}{digits}", "{family}", "{Name}.{Family}", "{name}{family}",
    "{name}_{family}", "{name}+{family}{digits}",
)  # fmt: skip


def _address(words: Words, draw: random.Random, style: int) -> str:
    name, family = draw.choice(words.names), draw.choice(words.families)
    before = _STYLES[style].format(
        name=name, family=family, first=name[0], Name=name.title(), Family=family.title(), digits=draw.randrange(10, 99)
    )
    within = draw.choice(("", "", "", "", "mail.", "post."))
    return f"{before}@{within}{draw.choice(words.hosts)}.{draw.choice(words.endings)}"


def _lures(words: Words, draw: random.Random, count: int) -> Iterator[str]:
    """Give what is no address: images for sharp screens, passwords in links, handles, versions, long rows of letters."""
    for _ in range(count):
        name, family = draw.choice(words.names), draw.choice(words.families)
        host = f"{draw.choice(words.hosts)}.{draw.choice(words.endings)}"
        yield f"see {name}{draw.choice(words.images)} and {family}{draw.choice(words.images)} in the archive"
        yield f"git clone https://{name}:{family}@{host}/{family}.git"
        yield f"@{name} says that {family}@localhost is up"
        yield f"install {family}@{draw.randrange(9)}.{draw.randrange(9)}.{draw.randrange(9)} first"
    yield f"the token is {''.join(draw.choice('abcdefghijklmnop') for _ in range(48))}, keep it"
