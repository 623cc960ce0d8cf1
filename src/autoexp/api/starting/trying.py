"""The measure command of a draft, run once, and what its output says about the metrics."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autoexp.api.starting.answers import Answers
from autoexp.api.starting.choosing import UNKNOWN, with_printed, with_unit_and_direction
from autoexp.api.starting.contract import OWN_METRIC, contract_text, spec_of
from autoexp.api.starting.drafting import Draft
from autoexp.api.starting.guards import guard_of
from autoexp.api.starting.interpreters import notes_on_python
from autoexp.api.starting.naming import name_for, unit_in
from autoexp.api.starting.output import Printed, read_output
from autoexp.api.starting.suiting import doubts
from autoexp.engine.first_run import FirstRun, first_run
from autoexp.errors import AutoexpError
from autoexp.experiment.outcome import Outcome
from autoexp.spec.sections import MEASURED_BY_AUTOEXP
from autoexp.workspaces.repository import Repository

TIMEOUT = "60s"
"""How long the run may take if nobody says otherwise; a sample of the campaign has `harness.timeout`."""
_LINES_SHOWN, _LETTERS = 5, 120


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a run: a draft whose metrics are settled, and the run itself, if there was one."""

    draft: Draft
    run: FirstRun | None = None
    printed: Printed = Printed()

    def with_metric(self, metric: str, *, unit: str = "") -> Draft:
        """Give the draft with another one of the printed numbers as its primary metric."""
        said = replace(self.draft.answers, metric=metric, unit=unit, form="", secondary=())
        return replace(self.draft, answers=with_printed(said, self.printed)[0])


def tried(
    drafted: Draft, *, environ: Mapping[str, str], tell: Callable[[str], None], allow_unsandboxed: bool = False
) -> Seen:
    """Run the measure command of a draft once on HEAD, and settle form, metric, unit and direction by what it printed.

    Nothing is run where the draft says that it cannot be, or no sandbox holds; the draft's notes say so. Raises AutoexpError for answers
    that make no contract, KeyboardInterrupt when a person ends more than the run.
    """
    about = tuple(notes_on_python(drafted.answers, drafted.folder, environ))
    drafted = replace(drafted, notes=(*drafted.notes, *about))
    if drafted.blocked:
        return untried(drafted, f"the measure command was not run: {drafted.blocked}")
    answers = drafted.answers
    spec_of(
        contract_text(replace(untried(drafted).draft.answers, objective=""))
    )  # a mistake of theirs is told before anything runs
    tell(f"running `{answers.measure}` once on HEAD, to see what it prints (Ctrl-C skips that, --no-try leaves it out)")
    bare = replace(
        answers,
        metric=OWN_METRIC,
        direction="lower",
        form="number",
        secondary=(),
        objective="",
        guards=(),
        timeout=answers.timeout or TIMEOUT,
    )
    spec = spec_of(contract_text(bare))
    repository = Repository.open(drafted.folder)
    try:
        run = first_run(spec, repository, environ=environ, tell=tell, allow_unsandboxed=allow_unsandboxed)
    except AutoexpError as error:
        return untried(drafted, f"the measure command was not run: {error}")
    finally:
        repository.close()
    return replace(_settled(drafted, run), run=run)


def untried(drafted: Draft, why: str = "") -> Seen:
    """Settle metric, unit and direction without a run."""
    inferred, answers = drafted.inferred, drafted.answers
    same = inferred.measure == answers.measure
    metric = answers.metric or (inferred.metric if same else "")
    unit = answers.unit or (inferred.unit if same and metric == inferred.metric else "") or unit_in(answers.goal)
    guess = "" if metric else name_for(unit) if unit else OWN_METRIC
    form: str | dict[str, str] = "" if answers.form else _form(drafted)
    known = form if isinstance(form, str) or (metric or guess) in form else ""
    filled = replace(answers, metric=metric or guess, form=answers.form or known)
    notes = [why] if why else []
    if guess:
        notes.append(
            f"what the harness prints is not known: {guess} is "
            + ("what autoexp measures itself" if guess == OWN_METRIC else f"expected as a line `METRIC {guess}=NUMBER`")
            + "; mend `metrics` in autoexp.yaml, or name it with --metric"
        )
    return Seen(_directed(replace(drafted, answers=filled, notes=(*drafted.notes, *notes))))


def doubts_on(seen: Seen) -> tuple[str, ...]:
    """Give where the method does not suit what a draft asks for."""
    drafted = seen.draft
    wall_s = seen.run.wall_s if seen.run else None
    found = doubts(
        drafted.answers.goal, drafted.texts, inside=len(drafted.matched()), tracked=len(drafted.paths), sample_s=wall_s
    )
    return tuple(dict.fromkeys(found))


def _form(drafted: Draft) -> str | dict[str, str]:
    """Give the form that the repository suggests for the command of the draft."""
    if drafted.inferred.measure != drafted.answers.measure or not drafted.inferred.metrics:
        return ""
    form = drafted.inferred.metrics
    return form if isinstance(form, str) else dict(form.get("regex", {}))


def _settled(drafted: Draft, run: FirstRun) -> Seen:
    command = f"`{drafted.answers.measure}`"
    if run.skipped:
        return untried(drafted, f"{command} was stopped before it ended")
    if not run.passed:
        return untried(drafted, "\n".join((*_failed(command, run), *_instead(drafted))))
    patterns = _form(drafted)
    printed = read_output(run.lines, patterns if isinstance(patterns, dict) else None)
    likely = drafted.inferred.metric if drafted.inferred.measure == drafted.answers.measure else ""
    own = (drafted.answers.metric or likely) in MEASURED_BY_AUTOEXP
    if printed.form != "lines" and (own or not printed.form):
        return _measured_outside(drafted, run, likely if own else "", command)
    answers, why = with_printed(drafted.answers, printed, likely=likely)
    told = f"metrics: {command} ran in {run.wall_s:.3g} s and printed {_in_words(printed, answers.metric, reported=run.reported)}"
    told += f"; {why}" if why else ""
    notes = [*drafted.notes, *_problems(printed, answers.metric), *_left_out(printed, answers)]
    settled = replace(drafted, answers=answers, told=(*drafted.told, told), notes=tuple(notes))
    return Seen(_directed(settled), printed=printed)


def _measured_outside(drafted: Draft, run: FirstRun, likely: str, command: str) -> Seen:
    """Settle a run that printed no number which can be read."""
    answers = drafted.answers
    metric = answers.metric or likely or OWN_METRIC
    last = [line[:_LETTERS] for line in run.lines if line.strip()][-_LINES_SHOWN:]
    said = f"printed no number that can be read; it ended with: {' / '.join(last)}" if last else "printed nothing"
    told, notes = list(drafted.told), list(drafted.notes)
    if metric in MEASURED_BY_AUTOEXP:
        told.append(
            f"metrics: {command} ran in {run.wall_s:.3g} s and needs to print nothing: {metric} is measured by autoexp itself"
        )
        if not (answers.metric or likely):
            notes.append(f"{command} {said}; so {metric} decides. A line `METRIC name=NUMBER` would decide better")
            if drafted.inferred.builds:
                notes.append(
                    f"the command compiles first, which counts into {metric}: print the time of the program alone"
                )
    else:
        notes.append(f"{command} {said}; `autoexp check` fails until it prints `METRIC {metric}=NUMBER`")
    return Seen(
        _directed(replace(drafted, answers=replace(answers, metric=metric), told=tuple(told), notes=tuple(notes)))
    )


def _left_out(printed: Printed, answers: Answers) -> Iterator[str]:
    """Say which of the printed numbers the contract does not name."""
    named = {answers.metric, *answers.secondary, *(guard_of(guard)[0] for guard in answers.guards)}
    left = [name for name in printed.names if name not in named]
    if left and printed.form != "lines" and answers.metric in printed.names:
        yield (
            f"{len(printed.names)} numbers were found and {len(printed.names) - len(left)} are written; left out: {_listed(left)}. "
            "--metric NAME takes another one, --objective geomean joins all"
        )


def _problems(printed: Printed, metric: str) -> Iterator[str]:
    if printed.problem:
        yield f"`autoexp check` will fail until this is mended: {printed.problem}"
    if printed.names and metric not in printed.names and metric not in MEASURED_BY_AUTOEXP:
        yield f"the run printed {_listed(printed.names)}, and no {metric}: `autoexp check` fails until it does, or --metric names another"


def _failed(command: str, run: FirstRun) -> Iterator[str]:
    ended = "did not end in time" if run.outcome is Outcome.TIMEOUT else "failed"
    yield f"{command} {ended} on HEAD, and `autoexp check` will fail until that is mended:"
    yield from (f"    {line}" for line in run.detail.splitlines()[-12:])
    if run.outcome is Outcome.TIMEOUT:
        yield "    --timeout gives it longer; feedback this slow makes a long campaign: a smaller input may tell the same"
    elif run.fix:
        yield f"    fix: {run.fix}"


def _instead(drafted: Draft) -> Iterator[str]:
    """Name what may be tried instead of a command that nobody gave."""
    inferred = drafted.inferred
    if inferred.others and not inferred.cwd and any(line.startswith("measure: ") for line in drafted.told):
        here = "" if drafted.folder.resolve() == Path.cwd() else f" --repo {shlex.quote(str(drafted.folder))}"
        first = shlex.quote(inferred.others[0])
        more = f"; or {_listed(inferred.others[1:])}" if inferred.others[1:] else ""
        yield f"    the repository has another command that may measure: autoexp init --force{here} --measure {first}{more}"


def _in_words(printed: Printed, metric: str, *, reported: bool) -> str:
    where = " in the harness kit's report" if reported else ""
    if printed.form == "number":
        return f"one number, which is taken as {metric} (harness.metrics: number)"
    if printed.form == "lines":
        return f"METRIC lines{where}: {_listed(printed.names)}"
    if isinstance(printed.form, str):
        form = {"keyvalue": "`name: value` lines behind ---", "json": "a JSON object on its last line"}[printed.form]
        return f"{form}: {_listed(printed.names)} (harness.metrics: {printed.form})"
    return f"numbers that patterns find: {_listed(printed.names)} (harness.metrics: {{regex: ...}}, which must fit one line each)"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")  # noqa: PLR2004  a line


def _directed(drafted: Draft) -> Draft:
    inferred = drafted.inferred
    same = inferred.measure == drafted.answers.measure
    answers, why = with_unit_and_direction(
        drafted.answers,
        likely=inferred.metric if same else "",
        likely_unit=inferred.unit,
        likely_direction=inferred.direction,
    )
    if why == UNKNOWN:
        note = f"nothing tells whether lower or higher {answers.metric} is better; lower is taken, --direction higher turns it"
        return replace(drafted, answers=answers, notes=(*drafted.notes, note))
    return replace(drafted, answers=answers, told=(*drafted.told, f"direction: {why}") if why else drafted.told)
