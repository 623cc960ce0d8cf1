"""What to do when a harness does not pass on the baseline: its message, read as somebody who knows the sandbox would."""

import re

from autoexp.engine.completing import not_here
from autoexp.engine.lacking import lacking_file, lacking_module
from autoexp.processes.sandbox.symptoms import misses_files, misses_git, misses_network, refused_here
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.contents import Contents
from autoexp.workspaces.repository import Repository

MOST_NAMED = 6

_CACHES = re.compile(
    r"(?:^|/)(?:__pycache__|\..{1,40}_cache|\.cache|[^/]*\.(?:egg-info|pyc|log|tmp|swp)|\.autoexp|\.git|\.DS_Store|\.tox|\.nox"
    r"|\.idea|\.vscode|\.coverage|htmlcov|build|dist|target|out)(?:/|$)"
)
"""What tools leave behind; a measurement should not need it."""


def mend(
    spec: Spec,
    repository: Repository,
    detail: str,
    *,
    command: str,
    contents: Contents | None = None,
    hint: str = "",
    path: str = "",
) -> str:
    """Give the next steps of a person whose `command` (measure, checks, holdout) ended with `detail` on trees with some `contents`.

    A `hint` is what is known already, and comes first; `path` is the PATH of the command. What holds for any failure comes last.
    """
    rest = f"run harness.{command} by hand on a clean checkout"
    if spec.sandbox.harness.level != "none":
        rest += "; if it passes there, docs/sandbox.md tells what the sandbox does not show"
    steps = (
        hint,
        not_here(contents),
        lacking_module(spec, repository, detail, command=command, path=path),
        lacking_file(spec, repository, detail) or _missing(spec, repository, detail),
        _offline(spec, detail),
        _no_git(detail),
        rest,
    )
    return "; else ".join(step for step in steps if step)


def _missing(spec: Spec, repository: Repository, detail: str) -> str:
    """Name what the checkout has and the measured tree has not."""
    if not misses_files(detail):
        return ""
    there = {place_in_tree(pattern) for pattern in spec.harness.provide}
    beside = [name for name in repository.ignored() if name not in there and not _CACHES.search(name)][:MOST_NAMED]
    if not beside:
        return ""
    names = ", ".join(f'"{name}"' for name in beside)
    return f"the tree that is measured has only committed files: name what it needs besides in `harness.provide: [{names}]`"


def _offline(spec: Spec, detail: str) -> str:
    rules = spec.sandbox.harness
    if rules.level == "none" or rules.network == "host":
        return ""
    if refused := refused_here(detail):
        return (
            f"in the sandbox {refused.partition(':')[0]} is the sandbox itself, not this machine: "
            f'name "{refused}" in `sandbox.harness.network` if the harness is to reach it'
        )
    if not misses_network(detail):
        return ""
    return "the sandbox has no network: fetch before and `provide` it, or name the hosts in `sandbox.harness.network`"


def _no_git(detail: str) -> str:
    if not misses_git(detail):
        return ""
    return "the tree that is measured has no git: set what the command asks git for, a version say, in `harness.env`"
