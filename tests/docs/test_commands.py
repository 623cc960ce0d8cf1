"""The page of commands names every command and every option that there is, and none that is not."""

import re
from pathlib import Path
from typing import Any

from typer.main import get_group

from autoexp.faces.cli.main import app
from autoexp.faces.report import command as report

if not any(info.callback is report.report for info in app.registered_commands):
    report.register(app)
COMMANDS = get_group(app).commands
PAGE = (Path(__file__).parents[2] / "docs/commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### autoexp ([\w-]+)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))
EVERYWHERE = {"--repo", "--tag", "--json", "--allow-unsandboxed", "--help", "-h"}


def named(command: Any) -> set[str]:
    """Give the options of a command, and its arguments in capitals; hidden ones are for nobody to read about."""
    found = set()
    for one in (one for one in command.params if not getattr(one, "hidden", False)):
        found |= {one.name.upper()} if one.param_type_name == "argument" else {*one.opts, *one.secondary_opts}
    return found - EVERYWHERE


def test_the_page_names_the_commands_that_there_are() -> None:
    assert sorted(SECTIONS) == sorted(COMMANDS)


def test_each_section_lists_the_options_that_there_are() -> None:
    listed = {
        name: {
            option
            for cell in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
            for option in cell.strip("`").split("`, `")
        }
        for name, text in SECTIONS.items()
    }
    assert {name: sorted(options - EVERYWHERE) for name, options in listed.items()} == {
        name: sorted(named(command)) for name, command in COMMANDS.items()
    }


def test_each_section_shows_an_example() -> None:
    assert [name for name, text in SECTIONS.items() if f"```sh\nautoexp {name}" not in text] == []


def test_options_of_every_command_are_told_once() -> None:
    assert all(f"`{option}" in PAGE for option in EVERYWHERE - {"--help", "-h"})
