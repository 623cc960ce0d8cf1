"""The order in which `autoexp --help` names the commands: what one needs first stands first."""

from typing import Any

from typer.core import TyperGroup

SECTIONS = {
    "Begin": ("init", "check", "doctor", "agents"),
    "Work": ("run", "resume", "stop", "pause", "try"),
    "Look": ("status", "log", "show", "diff", "report"),
    "Decide": ("accept", "reject", "confirm", "apply"),
    "Advise": ("hint", "idea", "ideas", "brief"),
    "Keep the record": ("export", "import", "repair", "delete"),
}
REST = "More"


class Grouped(TyperGroup):
    """A group that lists its commands in sections; one that no section names is listed last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names of all commands, in the order of the sections."""
        del ctx
        named = [name for names in SECTIONS.values() for name in names if name in self.commands]
        return [*named, *(name for name in self.commands if name not in named)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the sections with a line for each command."""
        left = {name: command for name in self.list_commands(ctx) if not (command := self.commands[name]).hidden}
        width = formatter.width - 6 - max(map(len, left), default=0)
        for section, names in (*SECTIONS.items(), (REST, tuple(left))):
            here = {name: left.pop(name) for name in names if name in left}
            if here:
                with formatter.section(section):
                    formatter.write_dl([(name, command.get_short_help_str(width)) for name, command in here.items()])
