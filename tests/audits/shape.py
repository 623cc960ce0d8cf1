"""What a small project is, and the parts that its harnesses have in common."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Files = Mapping[str, str | None]
"""Texts by path; None takes a file away."""

CHILD = '''\
"""Runs the target in a process of its own, which gets its input and nothing else."""

import json
import resource
import subprocess
import sys


def ask(question, command=(sys.executable, "target.py")):
    """Give the answer of the target and the CPU time that it took in ms; raises when it fails."""
    before = spent()
    done = subprocess.run(command, input=json.dumps(question), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout), 1000 * (spent() - before)


def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
'''


@dataclass(frozen=True, slots=True)
class Project:
    """A project: its name, the kind of its target, its files and contract as they should be, and the planted fault.

    `planted` is the audit that has to find the fault, `files` and `sections` what differs from the clean twin.
    """

    name: str
    kind: str
    clean: Mapping[str, str]
    contract: Mapping[str, Any]
    planted: str
    files: Files = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)


def text(source: str) -> str:
    """Give an indented text as a file's content."""
    return textwrap.dedent(source).lstrip("\n")


def contract(edit: str, metric: str, direction: str, **more: Any) -> dict[str, Any]:
    """Give the usual contract: bench, checks and a holdout that nobody but it can read."""
    primary = {"role": "primary", "direction": direction, **more.pop("primary", {})}
    return {
        "version": 1,
        "name": "small",
        "scope": {"edit": [edit], "hidden": ["holdout/**"]},
        "harness": {
            "measure": "python harness/bench.py",
            "checks": "python harness/check.py",
            "holdout": "python holdout/run.py",
            "timeout": "20s",
        },
        "metrics": {metric: primary, **more.pop("metrics", {})},
        "budget": {"experiments": 20},
        "sandbox": {"proposer": {"level": "none"}, "harness": {"level": "none"}},
        **more,
    }
