"""The command `autoexp report`."""

from pathlib import Path
from typing import Annotated

import typer

from autoexp.faces.options import HERE, Repo, Tag


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    out: Annotated[
        Path | None, typer.Option(help="Where to write (default: .autoexp/TAG/report.html).", show_default=False)
    ] = None,
    badge: Annotated[
        Path | None, typer.Option(help="Write a badge with the confirmed gain there too (SVG).", show_default=False)
    ] = None,
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Write the campaign as one HTML page.

    Which gain is confirmed, the chart, milestones, and every experiment; it needs no network.

    Examples:

      autoexp report

      autoexp report --out report.html --badge gain.svg
    """
    from autoexp import api
    from autoexp.campaign.summary import summary
    from autoexp.faces.report.badge import badge as badge_of
    from autoexp.faces.report.page import render

    place = api.Place(repo, tag)
    found = api.inspect(place)
    target = out or found.exports / "report.html"
    page = render(found.state, running=found.running, diffs=api.diffs(place), generated=api.now())
    api.write_page(found, target, page)
    typer.echo(f"wrote {target}")
    if badge is not None:
        api.write_page(found, badge, badge_of(summary(found.state, running=found.running)))
        typer.echo(f"wrote {badge}")
