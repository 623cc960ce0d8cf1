"""The command `autoexp`: the faces that offer commands, put together."""

import gc


def main() -> None:
    """Run the command line and exit."""
    # What is imported stays: to look for garbage in it takes a sixth of a short command's time.
    gc.set_threshold(100_000)
    from autoexp.faces.cli.main import app, entry  # noqa: PLC0415  once the threshold holds
    from autoexp.faces.report import command as report  # noqa: PLC0415

    report.register(app)
    entry()


if __name__ == "__main__":
    main()
