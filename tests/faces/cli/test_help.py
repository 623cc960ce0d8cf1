"""Help: every command says what it does and shows examples that its own parser takes; `--help` lists all of them in sections."""

import shlex
from typing import Any

import pytest
from typer.main import get_group

from autoexp.faces.cli.grouping import REST, SECTIONS
from autoexp.faces.cli.main import app
from autoexp.faces.report import command as report

if not any(info.callback is report.report for info in app.registered_commands):
    report.register(app)
GROUP = get_group(app)
COMMANDS = GROUP.commands


def examples(command: Any) -> list[str]:
    """Give the lines of a help's last part."""
    _, found, part = (command.help or "").partition("Examples:")
    assert found, "there is no part Examples"
    return [line.strip() for line in part.splitlines() if line.strip()]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_examples_that_it_takes(name: str) -> None:
    lines = examples(COMMANDS[name])
    assert lines
    for line in lines:
        program, called, *arguments = shlex.split(line)
        assert (program, called) == ("autoexp", name)
        with COMMANDS[name].make_context(name, list(arguments)) as context:
            assert context.params


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_begins_with_a_short_sentence(name: str) -> None:
    first = (COMMANDS[name].help or "").splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 120


def test_the_sections_name_every_command_once() -> None:
    context = GROUP.make_context("autoexp", ["--help"], resilient_parsing=True)
    text = GROUP.get_help(context)
    named = [line.split()[0] for line in text.partition("Begin:")[2].splitlines() if line.startswith("  ")]
    listed = [name for name in named if name in COMMANDS]
    assert sorted(listed) == sorted(COMMANDS)
    assert listed.index("init") < listed.index("run") < listed.index("status") < listed.index("delete")
    in_order = [*SECTIONS, REST]
    assert [text.index(f"{section}:") for section in in_order] == sorted(text.index(f"{one}:") for one in in_order)
