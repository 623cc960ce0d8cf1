"""What a model says in an answer: its proposals with their edits, ideas for later, and what it learned."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autoexp.experiment.records import Idea, Offer
from autoexp.proposers.model.protocol import headers
from autoexp.proposers.model.protocol.edits import Write
from autoexp.proposers.model.protocol.errors import Unusable
from autoexp.proposers.model.protocol.headers import LONGEST_TEXT
from autoexp.proposers.model.protocol.scanning import Region, edits_in, scan
from autoexp.proposers.model.protocol.tidying import tidy

MOST_IDEAS = 50
MOST_OFFERS = 20
_SHORT = 200
_LARGEST_ASI = 20_000
_OF_A_PROPOSAL = {"hypothesis", "description", "kind", "gain", "risk", "effort"}
_CONTINUED = {"hypothesis", "description", "risk"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer holds; `asi` has `learned` and `next_action_hint` where the model wrote them."""

    offers: tuple[Offer, ...] = ()
    ideas: tuple[Idea, ...] = ()
    asi: dict[str, Any] = field(default_factory=dict)
    nothing_left: str = ""


def read(text: str, *, several: int = 1) -> Answer:
    """Read an answer that was asked for `several` proposals; more than that are passed over.

    Raises Unusable when no proposal can be used and the model did not say that nothing is left.
    """
    lines, regions, cut = _scanned(tidy(text))
    reading = _Reading(lines)
    reading.run(regions)
    usable = [draft for draft in reading.drafts if draft.edits]
    if reading.nothing and all(isinstance(edit, Write) and edit.loose for region in regions for edit in region.edits):
        usable = []  # code that was only quoted
    if not usable and cut:
        raise cut
    if not usable and not reading.nothing:
        raise Unusable(
            "there is no edit in the answer; give search/replace blocks (FILE:, SEARCH, REPLACE), or whole files with their names"
        )
    offers = tuple(_offer(draft, rank) for rank, draft in enumerate(usable[: max(1, min(several, MOST_OFFERS))], 1))
    return Answer(offers, tuple(reading.ideas[:MOST_IDEAS]), reading.asi, "" if offers else reading.nothing)


def _scanned(text: str) -> tuple[list[str], list[Region], Unusable | None]:
    """Find the edits; when a later proposal is cut off, those before it still count."""
    try:
        return *scan(text), None
    except Unusable as refusal:
        lines = text.split("\n")
        separators = [index for index, line in enumerate(lines) if headers.separator(line) is not None]
        for place in separators[: -MOST_OFFERS - 1 : -1]:
            try:
                kept, regions = scan("\n".join(lines[:place]))
            except Unusable:
                continue
            if any(region.edits for region in regions):
                return kept, regions, refusal
        raise


@dataclass
class _Draft:
    """A proposal while it is read."""

    said: dict[str, str] = field(default_factory=dict)
    asi: dict[str, Any] = field(default_factory=dict)
    edits: str = ""
    first: int | None = None
    last: int = 0

    @property
    def has_edits(self) -> bool:
        return self.first is not None or bool(self.edits)


class _Reading:
    """One pass over prose and edits, in order."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.drafts = [_Draft()]
        self.ideas: list[Idea] = []
        self.asi: dict[str, Any] = {}
        self.nothing = ""
        self.continued = self.opened_by = ""

    def run(self, regions: Sequence[Region]) -> None:
        at = 0
        for region in regions:
            for line in self.lines[at : region.start]:
                self._prose(line)
            self._region(region)
            at = region.end
        for line in self.lines[at:]:
            self._prose(line)
        if len(self.drafts) > 1 and not self.drafts[-1].has_edits and "hypothesis" not in self.drafts[-2].said:
            self.drafts[-2].said |= self.drafts[-1].said  # it came behind its edits
        for draft in self.drafts:
            if draft.first is not None:
                draft.edits = "\n".join(self.lines[draft.first : draft.last])

    def _region(self, region: Region) -> None:
        self.continued = ""
        said = region.said or {}
        self._object(said)
        if not region.edits or isinstance(said.get("proposals"), list):
            return
        draft = self.drafts[-1]
        draft.first = region.start if draft.first is None else draft.first
        draft.last = region.end
        draft.said = {**_texts(said), **draft.said}
        draft.asi |= _asi(said)

    def _prose(self, line: str) -> None:
        title, found = headers.separator(line), headers.header(line)
        another = found and found[0] == "hypothesis" and line != self.opened_by
        self.opened_by = line if another else self.opened_by
        if title is not None or (another and self.drafts[-1].has_edits):
            self.drafts.append(_Draft({"title": title} if title else {}))
        if found:
            self._header(*found)
        elif title is not None or headers.is_rule(line):
            self.continued = ""
        elif self.continued:
            said = self.drafts[-1].said
            said[self.continued] = f"{said[self.continued]} {line.strip()}"[:LONGEST_TEXT]
        elif not self.drafts[-1].has_edits:
            self.drafts[-1].said.setdefault("prose", line.strip()[:_SHORT])

    def _header(self, name: str, value: str) -> None:
        self.continued = name if name in _CONTINUED else ""
        if name == "idea":
            if idea := headers.idea(value):
                self.ideas.append(idea)
        elif name == "learned":
            self.asi["learned"] = value
        elif name == "next":
            self.asi["next_action_hint"] = value
        elif name == "nothing":
            self.nothing = value or headers.NO_REASON
        else:
            self.drafts[-1].said[name] = value

    def _object(self, said: Mapping[str, Any]) -> None:
        """Take what a JSON answer says besides its edits, and its proposals when it lists several."""
        for key, name in (
            ("learned", "learned"),
            ("next", "next"),
            ("next_action_hint", "next"),
            ("nothing_left", "nothing"),
        ):
            if isinstance(said.get(key), str) and said[key].strip():
                self._header(name, said[key].strip()[:LONGEST_TEXT])
        ideas = said.get("ideas")
        for idea in ideas if isinstance(ideas, list) else ():
            text = idea.get("text") if isinstance(idea, dict) else idea
            if isinstance(text, str) and (kept := headers.idea(text)):
                more = (
                    {key: str(idea.get(key) or "")[:LONGEST_TEXT] for key in ("why", "blocked_by")}
                    if text is not idea
                    else {}
                )
                self.ideas.append(kept.model_copy(update=more))
        proposals = said.get("proposals")
        for proposal in proposals[:MOST_OFFERS] if isinstance(proposals, list) else ():
            if isinstance(proposal, dict):
                text = json.dumps(proposal, ensure_ascii=False)
                self.drafts.append(_Draft(_texts(proposal), _asi(proposal), text if edits_in(text) else ""))


def _texts(said: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(said[key]).strip()[:LONGEST_TEXT]
        for key, name in headers.FIELDS.items()
        if name in _OF_A_PROPOSAL and isinstance(said.get(key), str | int | float)
    }


def _asi(said: Mapping[str, Any]) -> dict[str, Any]:
    asi = said.get("asi")
    return asi if isinstance(asi, dict) and len(json.dumps(asi)) <= _LARGEST_ASI else {}


def _offer(draft: _Draft, rank: int) -> Offer:
    said = draft.said
    names = ("description", "title", "hypothesis", "prose")
    return Offer(
        rank=rank,
        description=next((said[name] for name in names if said.get(name)), ""),
        hypothesis=said.get("hypothesis", ""),
        kind=headers.kind(said.get("kind", "")),
        gain=headers.gain(said.get("gain", "")),
        risk=said.get("risk", ""),
        effort=said.get("effort", ""),
        asi=draft.asi,
        edits=draft.edits,
    )
