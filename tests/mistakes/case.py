"""One mistake that a user makes: how it comes about, and what is told of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.end_to_end.conftest import CONTRACT, Project

Spoil = Callable[[Project], None]
WITHOUT_CHECKS = CONTRACT.replace('  checks: "sh checks.sh"\n', "")


@dataclass(frozen=True)
class Case:
    """A mistake. `family` are words that docs/errors.md explains, `told` what is said besides, `fix` a part of the way out.

    `short` ones run with each test run, by `run`; `commands` are those that tell it. `recorded` is what leaves a baseline on record that did not
    pass, `begun` has a campaign already.
    """

    name: str
    spoil: Spoil
    family: str
    fix: str
    told: tuple[str, ...] = ()
    commands: tuple[str, ...] = ("run", "check")
    code: int = 2
    short: bool = False
    recorded: bool = False
    begun: bool = False


def text(new: str) -> Spoil:
    """Give another contract."""
    return lambda project: project.contract(new)


def changed(*pairs: tuple[str, str]) -> Spoil:
    """Give a contract with some words changed."""

    def spoil(project: Project) -> None:
        contract = CONTRACT
        for old, new in pairs:
            assert old in contract
            contract = contract.replace(old, new)
        project.contract(contract)

    return spoil


def committed(**files: str) -> Spoil:
    """Commit files; a name's dots are written as __."""

    def spoil(project: Project) -> None:
        for name, content in files.items():
            path = project.path / name.replace("___", "/").replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            project.git("add", str(path.relative_to(project.path)))
        project.git("commit", "-qm", "files")

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Do one after the other."""

    def spoil(project: Project) -> None:
        for one in spoils:
            one(project)

    return spoil
