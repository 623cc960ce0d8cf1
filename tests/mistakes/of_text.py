"""Mistakes that the text of a contract shows by itself."""

from tests.end_to_end.conftest import CONTRACT, Project
from tests.mistakes.case import Case, changed, text


def no_contract(project: Project) -> None:
    (project.path / "autoexp.yaml").unlink()


def misnamed(project: Project) -> None:
    (project.path / "autoexp.yaml").rename(project.path / "autoexp.yml")


def utf_16(project: Project) -> None:
    (project.path / "autoexp.yaml").write_bytes(CONTRACT.encode("utf-16"))


CASES = [
    Case("no contract", no_contract, "there is no autoexp.yaml here", "autoexp init", short=True),
    Case("a wrong suffix", misnamed, "there is no autoexp.yaml here", "rename autoexp.yml to autoexp.yaml"),
    Case("UTF-16", utf_16, "it cannot be read", "save it as UTF-8 text"),
    Case("an empty file", text(""), "a mapping of keys is expected", "the file is empty", ("autoexp.yaml:1:",)),
    Case("a list", text("- scope\n"), "a mapping of keys is expected", "take the dashes away", ("autoexp.yaml:1:",)),
    Case(
        "a tab",
        changed(("  timeout: 5s", "\ttimeout: 5s")),
        "not YAML",
        "indent with spaces",
        ("autoexp.yaml:8:", "a tab stands where only spaces may"),
        short=True,
    ),
    Case(
        "a bracket that is not closed",
        changed(("[value.txt]", "[value.txt")),
        "not YAML",
        "write the missing ]",
        ("autoexp.yaml:4:", "the [ of line 4 is not closed"),
    ),
    Case(
        "a key that comes twice",
        changed(("goal: Make x small.", "goal: Make x small.\nname: other")),
        "not YAML",
        "keep one of them; the first is in line 2",
        ("autoexp.yaml:4:", "the key name comes twice"),
    ),
    Case(
        "two documents",
        text(f"{CONTRACT}---\n{CONTRACT}"),
        "not YAML",
        "take --- (or ...) and what follows out",
        ("autoexp.yaml:16:", "a second document begins here"),
    ),
    Case(
        "a pattern without quotes",
        changed(("[value.txt]", "[*.txt]")),
        "not YAML",
        'write "*.txt" in quotes',
        ("autoexp.yaml:4:",),
    ),
    Case(
        "an anchor that is not there",
        changed(("goal: Make x small.", "goal: *goal")),
        "not YAML",
        "in quotes if it is a text",
        ("autoexp.yaml:3:", "there is no &goal above it"),
    ),
    Case(
        "an unknown section",
        changed(("goal:", "gaol:")),
        "unknown key",
        "did you mean goal?",
        ("autoexp.yaml:3: gaol:",),
        short=True,
    ),
    Case(
        "an unknown key of a metric",
        changed(("direction: lower", "direction: lower, min_efect: 1%")),
        "unknown key",
        "did you mean min_effect?",
        ("autoexp.yaml:10: metrics.x.min_efect:",),
    ),
    Case(
        "an unknown key four levels down",
        changed(("harness: {level: none}", "harness: {level: none, limits: {procesess: 5}}")),
        "unknown key",
        "did you mean processes?",
        ("autoexp.yaml:15: sandbox.harness.limits.procesess:",),
    ),
    Case(
        "an unknown key of a proposer",
        changed(("file: edits.yaml", "file: edits.yaml, timeot: 5m")),
        "unknown key",
        "did you mean timeout?",
        ("autoexp.yaml:13: proposer.timeot:",),
    ),
    Case(
        "an unknown kind",
        changed(("kind: script,", "kind: scrip,")),
        "there is no scrip among the proposers",
        "did you mean script?",
        ("autoexp.yaml:13: proposer.kind:",),
    ),
    Case(
        "a required key of a proposer",
        changed((", file: edits.yaml", "")),
        "a required key is missing",
        "add proposer.file",
        ("autoexp.yaml:13: proposer.file:",),
    ),
    Case(
        "a wrong type",
        changed(("name: demo", "name: [demo]")),
        "text is expected",
        "",
        ("autoexp.yaml:2: name:", "not a list"),
        short=True,
    ),
    Case(
        "no primary metric",
        changed(("role: primary, direction: lower", "role: secondary")),
        "exactly one metric needs role: primary",
        "",
        ("autoexp.yaml:9: metrics:", "found none"),
    ),
    Case(
        "two primary metrics",
        changed(("role: guard, equals: 1", "role: primary, direction: lower")),
        "exactly one metric needs role: primary",
        "",
        ("autoexp.yaml:9: metrics:", "found x and ok"),
        short=True,
    ),
    Case(
        "an expression with an unknown name",
        changed(
            ("role: primary, direction", "role: secondary, direction"),
            ("role: guard, equals: 1}", "role: secondary}\nobjective: {kind: weighted, expression: 'x + okk'}"),
        ),
        "is not declared under metrics",
        "did you mean ok?",
        ("autoexp.yaml:12: objective.expression:",),
    ),
    Case(
        "nobody proposes",
        changed(("proposer: {kind: script, file: edits.yaml}\n", "")),
        "nobody proposes changes",
        "add a proposer",
        commands=("run",),
    ),
]
