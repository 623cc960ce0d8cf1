"""The command `autoexp`: the faces that offer commands, put together."""

from autoexp.faces.cli.main import app, entry
from autoexp.faces.report import command as report


def main() -> None:
    """Run the command line and exit."""
    report.register(app)
    entry()


if __name__ == "__main__":
    main()
