"""Completion in bash, zsh and fish: what the shell's script asks, and the script itself."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from autoexp.errors import AutoexpError

if TYPE_CHECKING:
    from typer.core import TyperGroup

NAME, ASKED = "autoexp", "_AUTOEXP_COMPLETE"
"""The command that is completed, and the variable in which the shell's script asks."""
SHELLS = ("bash", "zsh", "fish")

Values = Callable[[Any, str], list[str]]


def _campaigns(ctx: Any, _: str) -> list[str]:
    from autoexp.api import completing

    return completing.campaigns(_folder(ctx))


def _experiments(ctx: Any, _: str) -> list[str]:
    from autoexp.api import completing

    return completing.experiments(_folder(ctx), ctx.params.get("tag"))


def _labs(_: Any, __: str) -> list[str]:
    from autoexp.api import completing

    return completing.labs()


def _agents(_: Any, __: str) -> list[str]:
    from autoexp.api import completing

    return completing.agents()


def _folder(ctx: Any) -> Path:
    return Path(ctx.params.get("repo") or ".")


VALUES: dict[tuple[str, str], Values] = {
    ("", "tag"): _campaigns,
    ("", "n"): _experiments,
    ("try", "experiment"): _experiments,
    ("apply", "only"): _experiments,
    ("apply", "more"): _experiments,
    ("delete", "name"): _campaigns,
    ("init", "lab"): _labs,
    ("init", "agent"): _agents,
    ("agents", "names"): _agents,
}
"""What completes the values of a command's parameter; without a command, of every command's."""


def answer(commands: "TyperGroup") -> NoReturn:
    """Answer the shell's script, and end. Whatever goes wrong is silence: somebody is typing."""
    from typer.completion import get_completion_inspect_parameters

    code: object = 1
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
        try:
            get_completion_inspect_parameters()  # makes the shells known
            for command, parameter in _parameters(commands):
                values = VALUES.get((command, parameter.name)) or VALUES.get(("", parameter.name))
                if values is not None:
                    parameter._custom_shell_complete = _starting(values)  # noqa: SLF001  as `autocompletion` sets it
            commands.main(args=[], prog_name=NAME, complete_var=ASKED, standalone_mode=False)
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001, S110
            pass
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 0)


def _parameters(commands: "TyperGroup") -> Iterator[tuple[str, Any]]:
    for name, command in commands.commands.items():
        yield from ((name, parameter) for parameter in command.params)


def _starting(values: Values) -> Callable[[Any, Any, str], list[str]]:
    def offered(ctx: Any, _: Any, incomplete: str) -> list[str]:
        return [value for value in values(ctx, incomplete) if value.startswith(incomplete)]

    return offered


def show(asked: bool) -> None:
    """Print the script of the shell in use, and end."""
    if asked:
        from typer._completion_shared import get_completion_script

        typer.echo(get_completion_script(prog_name=NAME, complete_var=ASKED, shell=_shell()))
        raise typer.Exit


def install(asked: bool) -> None:
    """Put the script of the shell in use where that shell reads it, and end."""
    if asked:
        from typer._completion_shared import install as put

        shell, path = put(shell=_shell(), prog_name=NAME, complete_var=ASKED)
        typer.echo(f"completion for {shell} is in {path}; it works in every new shell")
        raise typer.Exit


def _shell() -> str:
    """Name the shell in use: the one that this was started from, else the one of the login."""
    from typer._completion_shared import _get_shell_name

    named = (_get_shell_name() or "", Path(os.environ.get("SHELL", "")).name)
    for shell in named:
        if shell in SHELLS:
            return shell
    raise AutoexpError(
        f"no shell that completes {NAME} is in use here: {', '.join(filter(None, named)) or 'none is known'}",
        fix=f"run it from {', '.join(SHELLS)}, or name one: SHELL=bash {NAME} --show-completion",
    )
