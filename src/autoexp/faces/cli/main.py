"""The command `autoexp`: the list of its commands, and what each kind of trouble looks like."""

import os
import sys
import traceback
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp import __version__
from autoexp.errors import AutoexpError, ContractError, WorldError
from autoexp.faces.cli import (
    agents,
    applying,
    checking,
    completing,
    confirming,
    doctor,
    files,
    ideas,
    looking,
    records,
    repairing,
    running,
    starting,
    trying,
)
from autoexp.faces.cli.grouping import Grouped
from autoexp.faces.cli.printing import say

if TYPE_CHECKING:
    from typer.core import TyperGroup

BUG, USER, PAUSED, INTERRUPTED = 1, 2, 4, 130

app = typer.Typer(
    name="autoexp",
    help="Run experiments on a git repository and keep a change only when the gain is real.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    cls=Grouped,
    epilog="A first campaign: autoexp init, then autoexp check, then autoexp run. What a command does, with examples: autoexp COMMAND --help",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"autoexp {__version__}")
        raise typer.Exit


@app.callback()
def _autoexp(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    install_completion: Annotated[
        bool,
        typer.Option(
            "--install-completion", callback=completing.install, is_eager=True, help="Let this shell complete commands."
        ),
    ] = False,
    show_completion: Annotated[
        bool,
        typer.Option(
            "--show-completion", callback=completing.show, is_eager=True, help="Print the script that does so."
        ),
    ] = False,
) -> None:
    pass


for story in (
    starting,
    checking,
    trying,
    running,
    confirming,
    applying,
    looking,
    ideas,
    files,
    records,
    doctor,
    agents,
    repairing,
):
    story.register(app)


@cache
def commands() -> "TyperGroup":
    """Give what the registered commands are built into, once."""
    return typer.main.get_group(app)


def entry() -> None:
    """Run the command line and exit with the contract's exit codes."""
    if os.environ.get(completing.ASKED):
        completing.answer(commands())
    sys.exit(_code())


def _code() -> int:  # noqa: PLR0911  one line for each kind of trouble
    try:
        code = commands()(standalone_mode=False)
    except AutoexpError as error:
        return _fail(_heading(error) + str(error), USER)
    except WorldError as error:
        return _fail(
            f"paused, the machine failed: {error}\n  fix: {error.fix or 'mend it'}; then run the same command again, nothing is lost",
            PAUSED,
        )
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit:  # what the libraries below do when whoever read their output has gone
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'a file'}: {error.strerror or error}\n  fix: {_way_out(error)}", USER)
    except Exception as error:  # noqa: BLE001  the last line of defence: a bug is loud
        return _unexpected(error)
    return code if isinstance(code, int) else 0


def _way_out(error: OSError) -> str:
    match error:
        case PermissionError():
            return "give yourself the right to read and write it, or run as its owner"
        case FileNotFoundError() | NotADirectoryError():
            return "make the folder that it lies in, or name another path"
        case IsADirectoryError() | FileExistsError():
            return "something else lies there: move it away, or name another path"
        case _:
            return "look at what lies there, and at the room and health of its disk; then run the same command again"


def _unexpected(error: Exception) -> int:
    show = getattr(error, "format_message", None)
    if type(error).__name__ == "NoArgsIsHelpError" and show is not None:  # bare `autoexp`
        say(str(show()))
        return USER
    if show is not None and hasattr(error, "exit_code"):
        return _fail(
            f"{show()}\n  fix: `autoexp --help` lists the commands, `autoexp COMMAND --help` their options", USER
        )
    traceback.print_exception(error)
    return _fail("this is a bug in autoexp; the campaign's record is intact. Please report the text above.", BUG)


def _heading(error: AutoexpError) -> str:
    if isinstance(error, ContractError):
        count = len(error.problems)
        return f"{count} mistake{'s' if count != 1 else ''} in the contract:\n"
    return ""


def _fail(text: str, code: int) -> int:
    say(f"autoexp: {text}", err=True)
    return code
