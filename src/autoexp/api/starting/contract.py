"""The text of autoexp.yaml, from answers."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from autoexp.api.authors import NOBODY, section_of
from autoexp.api.starting.answers import Answers
from autoexp.api.starting.guards import guard_of
from autoexp.api.starting.naming import direction_of, unit_of
from autoexp.errors import AutoexpError, ContractError
from autoexp.spec import load
from autoexp.spec.model import Spec

TOKENS = "3M"
"""What a model may use until somebody says otherwise; cost_usd can only be kept where its price is known."""
TOKENS_OF_AGENTS = "20M"
"""The same for a coding agent, which reads its own work again at every step."""
EXPERIMENTS = 50
OBJECTIVES = ("geomean", "pareto", "lexicographic")
"""Those that need nothing but the names of metrics; for the others autoexp.yaml is the place."""
OWN_METRIC = "cpu_s"
"""What decides where nobody names a metric: it needs no word of the harness."""


def spec_of(text: str) -> Spec:
    """Read a contract that answers were made into. Raises AutoexpError that names the flag to give again."""
    try:
        return load(text, file="your answers")
    except ContractError as error:
        raise AutoexpError(str(error), fix="give the flag again with a valid value") from None


def contract_text(answers: Answers) -> str:
    """Give the text of a contract. Raises AutoexpError for a guard or a proposer that cannot be."""
    scope: dict[str, object] = {"edit": list(answers.edit)}
    if answers.hidden:
        scope["hidden"] = list(answers.hidden)
    body: dict[str, object] = {
        "version": 1,
        **({"name": answers.name} if answers.name else {}),
        "goal": answers.goal or goal_of(answers),
        "scope": scope,
        "harness": _harness(answers),
        "metrics": _metrics(answers),
        **_objective(answers),
        **({"proposer": author} if (author := section_of(answers.author)) else {}),
        "budget": _budget(answers),
        **({"sandbox": {"harness": {"write": list(answers.write)}}} if answers.write else {}),
    }
    out = StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(body, out)
    return (
        "# The contract of this campaign; `autoexp schema` prints all keys, `autoexp check` validates it.\n"
        + out.getvalue()
        + ("" if author else NOBODY)
    )


def goal_of(answers: Answers) -> str:
    """Give the goal that the metric says, for who named none."""
    return f"Make {answers.metric or OWN_METRIC} {answers.direction or 'lower'}."


def _harness(answers: Answers) -> dict[str, Any]:
    form = {"regex": dict(answers.form)} if not isinstance(answers.form, str) else answers.form
    found: dict[str, Any] = {
        "measure": answers.measure,
        "checks": answers.checks,
        "holdout": answers.holdout,
        "cwd": answers.cwd,
        "timeout": answers.timeout,
        "checks_timeout": answers.checks_timeout if answers.checks else "",
        "metrics": "" if form == "lines" else form,
        "env": dict(answers.env),
        "provide": list(answers.provide),
        "writable": list(answers.writable),
    }
    return {key: value for key, value in found.items() if value or key == "measure"}


def decided_on(answers: Answers) -> tuple[str, ...]:
    """Give the metrics that decide: the primary one, or all that an objective joins."""
    first = answers.metric or OWN_METRIC
    return (first, *answers.secondary) if answers.objective else (first,)


def _objective(answers: Answers) -> dict[str, Any]:
    if not answers.objective:
        return {}
    if answers.objective not in OBJECTIVES:
        raise AutoexpError(
            f"--objective {answers.objective} is none of {', '.join(OBJECTIVES)}",
            fix="docs/objectives.md tells what each decides, and how the others stand in autoexp.yaml",
        )
    names = decided_on(answers)
    if len(names) == 1:
        raise AutoexpError(
            f"--objective {answers.objective} joins several metrics, and only {names[0]} is known",
            fix="let the measure command print a METRIC line for each; init reads them in a run, without --no-try",
        )
    return {"objective": {"kind": answers.objective, "metrics": list(names)}}


def _metrics(answers: Answers) -> dict[str, Any]:
    primary = {"role": "primary", "direction": answers.direction or "lower"}
    if answers.unit:
        primary["unit"] = answers.unit
    name = answers.metric or OWN_METRIC
    metrics: dict[str, Any] = {name: primary}
    for guard, section in map(guard_of, answers.guards):
        if guard == name:
            raise AutoexpError(
                f"--guard limits {guard}, which is the primary metric",
                fix="print the number a second time under another name, and limit that one",
            )
        if guard in metrics:
            raise AutoexpError(
                f"--guard limits {guard} twice", fix="write `within: [LOW, HIGH]` in autoexp.yaml instead"
            )
        metrics[guard] = section
    for other in answers.secondary:
        metrics.setdefault(other, {"role": "secondary"})
    if answers.objective:
        metrics |= {each: _joined(each, answers) for each in decided_on(answers)}
    return metrics


def _joined(name: str, answers: Answers) -> dict[str, str]:
    """Give the section of a metric that decides with others."""
    unit = unit_of(name)
    section = {"role": "secondary", "direction": direction_of(name, unit) or answers.direction or "lower", "unit": unit}
    return {key: value for key, value in section.items() if value}


def _budget(answers: Answers) -> dict[str, Any]:
    tokens = TOKENS_OF_AGENTS if answers.agent else TOKENS if answers.model else ""
    found = {
        "experiments": EXPERIMENTS if answers.experiments is None else answers.experiments,
        "cost_usd": answers.cost_usd,
        "tokens": answers.tokens or (tokens if answers.cost_usd is None else ""),
        "wall_clock": answers.wall_clock,
    }
    return {key: value for key, value in found.items() if value not in {"", None}}
