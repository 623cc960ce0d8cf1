"""The kit for any language: `python -m autoexp.harness_kit run|call|apart`. See `--help` of each."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import statistics
import sys
from functools import partial
from typing import Any, Callable, Sequence

from . import cases, codec, commands, isolated, report, system
from .confine import adopt_orphans
from .errors import KitError, WrongAnswer
from .launch import launch
from .start import environment

_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "median": statistics.median,
    "mean": statistics.fmean,
    "min": min,
    "max": max,
    "total": sum,
}
_STATISTICS = ("wall_ms", "wall_s", "cpu_ms", "cpu_s", "rss_mb")


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    own, command = _split(arguments)
    options = _parser().parse_args(own)
    if not command:
        print("harness_kit: name the candidate's command behind --", file=sys.stderr)
        return 2
    try:
        status: int = options.do(options, command)
    except KitError as error:
        print(f"harness_kit: {error}", file=sys.stderr)
        return 1
    return status


def _run(options: argparse.Namespace, command: list[str]) -> int:
    """One process for each input."""
    source, env = _source(options), environment()
    hide = [*map(os.path.realpath, options.hide), *source.hidden()]
    ended: list[commands.Ended] = []
    was = adopt_orphans(now=True)
    try:
        known = list(source.cases())  # before the candidate runs: it may change files
        for place, (name, given, right) in enumerate(known):
            try:
                once = commands.run(
                    command,
                    given,
                    env=env,
                    timeout_s=options.timeout,
                    longest=int(options.longest_mb * 2**20),
                    hide=hide,
                )
            except KitError as error:
                raise type(error)(f"{name}: {command[0]} {error}") from None
            found = "" if right is None else cases.text_difference(right, once.stdout, tolerance=options.tolerance)
            if found:
                raise WrongAnswer(f"{name}: {found}")
            if place >= options.warmup:
                ended.append(once)
    finally:
        adopt_orphans(now=was)
    if not ended:
        raise KitError("there is no input to time: see --inputs and --generate")
    _report(
        options,
        wall_s=[once.wall_ns / 1e9 for once in ended],
        cpu_s=[once.cpu_s for once in ended],
        rss_mb=max(once.rss_mb for once in ended),
    )
    return 0


def _call(options: argparse.Namespace, command: list[str]) -> int:
    """One process that answers call by call, in the worker protocol."""
    source = _source(options)
    reference, source = source.reference, cases.Source(**{**vars(source), "reference": ""})
    inputs, expected = [], []
    for name, given, right in source.cases():
        for number, line in enumerate(given.splitlines()):
            inputs.append(_arguments(line, f"{name}, line {number + 1}"))
        expected += [_value(line, f"the answers of {name}") for line in (right or b"").splitlines()]
    judged = partial(isolated, command, inputs, warmup=options.warmup, timeout_s=options.timeout)
    judged = partial(judged, hide=[*options.hide, *source.hidden()], longest_answer_mb=options.longest_mb)
    if reference:
        answers = isolated(shlex.split(reference), inputs, timeout_s=options.timeout, allow_repeats=True).answers
        run = judged(expect=answers, tolerance=options.tolerance)
    elif source.expected:
        run = judged(expect=expected, tolerance=options.tolerance)
    else:
        run = judged()
    _report(
        options,
        wall_s=[taken / 1e9 for taken in run.times_ns],
        cpu_s=None if run.cpu_s is None else [run.cpu_s / len(run.times_ns)] * len(run.times_ns),
        rss_mb=run.peak_rss_mb,
    )
    return 0


def _apart(_: argparse.Namespace, command: list[str]) -> int:
    """A command of the candidate's, a build say, that must not reach the report."""
    was = adopt_orphans(now=True)
    launched = launch(command, cwd=None, env=environment(), stdin=None, stdout=None)
    try:
        system.wait_for_end(launched.process.pid, math.inf)
    finally:
        status = launched.fell()[0]
        adopt_orphans(now=was)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _report(
    options: argparse.Namespace, *, wall_s: list[float], cpu_s: list[float] | None, rss_mb: float | None
) -> None:
    aggregate = _AGGREGATES[options.aggregate]
    values = {"wall_s": aggregate(wall_s), "wall_ms": aggregate(wall_s) * 1e3}
    if cpu_s is not None:
        values.update(cpu_s=aggregate(cpu_s), cpu_ms=aggregate(cpu_s) * 1e3)
    if rss_mb is not None:
        values["rss_mb"] = rss_mb
    for name, statistic in options.report or [("latency_ms", "wall_ms")]:
        if statistic not in values:
            raise KitError(f"{statistic} cannot be measured on this system: report another statistic")
        report({name: values[statistic]})


def _named(text: str) -> tuple[str, str]:
    name, _, statistic = text.partition("=")
    if statistic not in _STATISTICS:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=STATISTIC with one of {', '.join(_STATISTICS)}")
    return name, statistic


def _arguments(line: bytes, where: str) -> Any:
    value = _value(line, where)
    if type(value) is not list:
        raise KitError(f"{where}: a JSON array of the call's arguments is needed")
    return tuple(value)


def _value(line: bytes, where: str) -> Any:
    try:
        return codec.loads(line)
    except codec.Malformed as error:
        raise KitError(f"{where}: {error}") from None


def _source(options: argparse.Namespace) -> cases.Source:
    if options.expected and options.reference:
        raise KitError("--expected and --reference both say what is right: give one of them")
    if not (options.expected or options.reference):
        print("harness_kit: no --expected and no --reference: the answers are not judged", file=sys.stderr)
    return cases.Source(
        options.inputs,
        options.expected,
        options.generate,
        options.reference,
        options.warmup + options.repetitions,
        options.timeout,
    )


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autoexp.harness_kit", description=__doc__)
    parts = parser.add_subparsers(required=True, metavar="run | call | apart")
    run = parts.add_parser("run", help="start the command once for each input, which it reads from stdin")
    run.set_defaults(do=_run)
    call = parts.add_parser("call", help="start the command once; it answers call by call in the worker protocol")
    call.set_defaults(do=_call)
    apart = parts.add_parser("apart", help="run a build or another command of the candidate's away from the report")
    apart.set_defaults(do=_apart)
    for part in (run, call):
        part.add_argument("--inputs", action="append", default=[], metavar="PATTERN", help="input files")
        part.add_argument(
            "--expected", default="", metavar=".out", help="ending of the file beside with the right answer"
        )
        part.add_argument(
            "--generate", default="", metavar="COMMAND", help="prints an input; gets 0, 1, ... as last argument"
        )
        part.add_argument(
            "--reference", default="", metavar="COMMAND", help="gives the right answer for the same input"
        )
        part.add_argument("--repetitions", type=int, default=10, help="generated inputs that count (10)")
        part.add_argument("--warmup", type=int, default=0, help="first inputs that are judged, but not counted (0)")
        part.add_argument("--timeout", type=float, default=60.0, metavar="S", help="for each input (60)")
        part.add_argument("--tolerance", type=float, help="relative; words compare instead of bytes, numbers by value")
        part.add_argument("--longest-mb", type=float, default=64.0, help="of an answer (64)")
        part.add_argument(
            "--hide", action="append", default=[], metavar="PATH", help="the candidate cannot read it (Linux)"
        )
        part.add_argument("--aggregate", choices=_AGGREGATES, default="median", help="of the times (median)")
        part.add_argument(
            "--report", action="append", type=_named, metavar="NAME=STATISTIC", help=f"of {', '.join(_STATISTICS)}"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
