"""The keys of `proposer: {kind: choose}`, and what must agree among them."""

from collections.abc import Sequence

from pydantic import Field, model_validator

from autoexp.proposers.choosing.members import Among, Member, Place, refused
from autoexp.proposers.choosing.rules import By, Policy
from autoexp.proposers.options import ProposerOptions


class ChooseOptions(ProposerOptions):
    """Keys of `proposer: {kind: choose}`."""

    among: tuple[Among, ...]
    by: By | None = None
    explore: str = ""
    validator: str = Field("", alias="validate")

    @model_validator(mode="after")
    def _agree(self) -> "ChooseOptions":
        faults = [*_wrong_names(self.among), *_pair(self), *_weights_in_vain(self)]
        if faults:
            raise refused(*faults)
        return self

    @property
    def policy(self) -> Policy:
        """Give what the rules need."""
        weights = {member.name: member.weight or 1.0 for member in self.among}
        return Policy(weights, by=self.by or "weights", explore=self.explore, validate=self.validator)


def _wrong_names(among: Sequence[Member]) -> list[tuple[Place, str]]:
    if not among:
        return [(("among",), "name at least one proposer, for example [{kind: command, command: ./propose.sh}]")]
    names = [member.name for member in among]
    return [
        (("among", i), f"a second member is called {name}; give each a name of its own")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def _pair(options: ChooseOptions) -> list[tuple[Place, str]]:
    """Refuse names of nobody, one of the pair without the other, and a second rule beside the pair."""
    names = [member.name for member in options.among]
    asked = {"explore": options.explore, "validate": options.validator}
    faults: list[tuple[Place, str]] = [
        ((key,), f"{name} is no member; members are {', '.join(names)}")
        for key, name in asked.items()
        if name and name not in names
    ]
    missing = [key for key, name in asked.items() if not name]
    if len(missing) == 1:
        given = next(key for key in asked if key not in missing)
        faults.append(((given,), f"it needs {missing[0]} beside it: one member explores, another validates"))
    if not missing and options.explore == options.validator:
        faults.append((("validate",), "another member than the one that explores is expected"))
    if not missing and options.by is not None:
        faults.append((("by",), "explore and validate say who proposes; remove this key, or those two"))
    return faults


def _weights_in_vain(options: ChooseOptions) -> list[tuple[Place, str]]:
    if options.by != "cost-aware" and not (options.explore and options.validator):
        return []
    return [
        (("among", i, "weight"), "weights count only with by: weights; remove it")
        for i, member in enumerate(options.among)
        if member.weight is not None
    ]
