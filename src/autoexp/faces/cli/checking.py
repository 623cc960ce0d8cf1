"""check: what a contract is worth before the first experiment."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.faces.cli.printing import number, print_json, say, seconds
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from autoexp.api import Checked
    from autoexp.decision.resolution import Resolution

WEAK = 2
"""The exit code of `--strict` where an audit found something: the user can fix it."""


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command()(check)


def check(
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 2 when an audit finds something.")
    ] = False,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Leave this audit out; repeat for more.", show_default=False),
    ] = None,
    audits: Annotated[bool, typer.Option("--audits/--no-audits", help="Audit the contract, too.")] = True,
    audit_time: Annotated[
        str,
        typer.Option(help="What the audits may take together, such as 30s or 10m (default: 2m).", show_default=False),
    ] = "",
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Validate the contract, and measure HEAD a few times.

    Tells noise, time, cost and the smallest gain that can be found, and audits what the contract rewards. Nothing is recorded.

    Exit codes: 0 the contract is valid and its harness passes, 2 it is not; with --strict also 2 for a finding.

    Examples:

      autoexp check

      autoexp check --strict --skip unarmed-checks

      autoexp check --audit-time 10m
    """
    from autoexp import api

    found = api.check(
        api.Place(repo, tag),
        environ=os.environ,
        tell=lambda text: None if json else say(f"  {text}", err=True),
        allow_unsandboxed=allow_unsandboxed,
        audits=audits,
        skip=skip or (),
        audits_s=_seconds(audit_time),
    )
    if json:
        print_json(found.as_json())
    else:
        _tell(found)
    if strict and found.checkup.findings:
        raise typer.Exit(WEAK)


def _seconds(text: str) -> float | None:
    from autoexp.spec.quantities import parse_seconds

    try:
        return parse_seconds(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--audit-time") from None


def _tell(found: "Checked") -> None:
    from autoexp.faces.cli.spending import expected_lines

    checkup, spec = found.checkup, found.spec
    say(f"contract    {found.path} is valid")
    say(f"commit      {checkup.commit[:12]}")
    say(
        f"scope       {', '.join(checkup.scope[:8])}{' ...' if len(checkup.scope) > 8 else ''} ({len(checkup.scope)} file{'' if len(checkup.scope) == 1 else 's'})"
    )
    for name, summary in checkup.baseline.metrics.items():
        role = spec.metrics[name].role if name in spec.metrics else ""
        if role:
            say(f"{role:<11} {name} = {number(summary.mean, spec.metrics[name].unit)}")
    if spec.objective_in_words:
        say(f"objective   {spec.objective_in_words}")
        say(f"metric      {spec.primary} = {number(checkup.baseline.means().get(spec.primary), spec.criteria[0].unit)}")
    noise = (
        "none seen, it repeats exactly"
        if checkup.deterministic
        else f"{checkup.noise or 0:.2%} of the value (sd of one sample)"
    )
    say(f"noise       {noise}")
    say(f"decision    {checkup.method}; smallest effect {_smallest(found)}")
    say(f"resolution  {_resolution(checkup.resolution)}")
    if checkup.careful:
        say(f"            {_careful(checkup.careful_preset, checkup.careful)}")
    checks = f", checks {seconds(checkup.checks_s)}" if spec.harness.checks else ""
    say(
        f"time        {seconds(checkup.sample_s)} a sample{checks}, about {seconds(checkup.experiment_s)} an experiment"
    )
    if checkup.campaign_s is not None:
        say(
            f"campaign    about {checkup.campaign_samples} samples and {seconds(checkup.campaign_s)} for {spec.budget.experiments} experiments, "
            "proposer aside"
        )
    kind = spec.proposer.kind if spec.proposer else ""
    for name, text in expected_lines(checkup.expected, kind=kind, experiments=spec.budget.experiments):
        say(f"{name:<11} {text}")
    say(f"sandbox     proposer {checkup.sandbox['proposer']}, harness {checkup.sandbox['harness']}")
    for notice in checkup.notices:
        say(f"note        {notice}")
    for line in _audited(found):
        say(line)


def _audited(found: "Checked") -> Iterator[str]:
    """Give what the audits measured and found, each finding with its evidence and with what to do."""
    for figure in found.checkup.figures:
        yield f"audit       {figure.audit}: {figure.words}"
    for finding in found.checkup.findings:
        yield ""
        yield f"finding     {finding.audit}: {finding.what}"
        yield f"  evidence  {finding.evidence}"
        yield f"  do        {finding.fix}"
    if found.checkup.findings:
        yield ""
        count = len(found.checkup.findings)
        yield f"{count} finding{'s' if count > 1 else ''}; `--skip NAME`, or check: {{skip: [NAME]}} in the contract, switches an audit off"


def _resolution(resolved: "Resolution") -> str:
    """Say which gains are found, and what that takes."""
    runs = f"about {resolved.samples:.3g} run{'' if resolved.samples == 1 else 's'} an experiment, both sides together"
    if resolved.effect is None:
        return f"unknown, as the noise is; {runs}"
    if resolved.effect == 0:
        return f"any gain is found; {runs}"
    often = "" if not resolved.luck else f" {resolved.power:.0%} of the time"
    return f"a gain of {resolved.effect:.2%} or more is found{often}; {runs}"


def _careful(preset: str, resolved: "Resolution") -> str:
    """Say what a more careful preset finds, and what that takes."""
    return (
        f"smaller gains are mostly missed: `decision: {{preset: {preset}}}` finds {resolved.effect or 0:.2%} or more, "
        f"with about {resolved.samples:.3g} runs an experiment"
    )


def _smallest(found: "Checked") -> str:
    from autoexp.decision.case import NOISY_MIN_EFFECT

    asked = found.spec.criteria[0].min_effect
    if asked is not None:
        return f"{asked:.2%}"
    return "0, as the metric repeats exactly" if found.checkup.deterministic else f"{NOISY_MIN_EFFECT:.2%}"
