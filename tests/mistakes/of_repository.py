"""Mistakes that show when a contract is compared with its repository and its machine."""

from tests.end_to_end.conftest import CONTRACT, Project
from tests.mistakes.case import Case, both, changed, committed, text


def untracked_bench(project: Project) -> None:
    (project.path / "fast.sh").write_text("echo METRIC x=1\n", encoding="utf-8")


def no_edits(project: Project) -> None:
    (project.path / "edits.yaml").unlink()


def dirty(project: Project) -> None:
    (project.path / "value.txt").write_text("7\n", encoding="utf-8")


def measured_by(command: str) -> tuple[str, str]:
    return 'measure: "sh bench.sh"', f'measure: "{command}"'


CASES = [
    Case(
        "a scope that matches nothing",
        changed(("[value.txt]", "[valeu.txt]")),
        "matches no file of HEAD",
        "did you mean value.txt?",
        ("autoexp.yaml:4: scope.edit:",),
        short=True,
    ),
    Case(
        "a scope that is not committed",
        both(untracked_bench, changed(("[value.txt]", "[fast.sh]"))),
        "matches no file of HEAD",
        "git add fast.sh && git commit",
    ),
    Case(
        "hidden files that are not there",
        changed(("[value.txt]}", "[value.txt], hidden: [apart/]}")),
        "scope.hidden names",
        "commit the files, or mend the pattern",
        ("autoexp.yaml:4: scope.hidden:",),
    ),
    Case(
        "a scope over the checks",
        changed(("[value.txt]", '["*", "!bench.sh"]')),
        "a candidate could change what judges it",
        'add "!checks.sh" to scope.edit',
        ("autoexp.yaml:4: scope.edit:", "* covers checks.sh, which harness.checks starts"),
        short=True,
    ),
    Case(
        "a scope over the checks, named outright",
        changed(("[value.txt]", "[value.txt, checks.sh]")),
        "a candidate could change what judges it",
        'add "!checks.sh"',
    ),
    Case(
        "a scope over the tests that are the checks",
        both(
            committed(tests___test_x__py="def test(): pass\n"),
            changed(("[value.txt]", '[value.txt, "**/*.py"]'), ("sh checks.sh", "python3 -m pytest tests")),
        ),
        "a candidate could change what judges it",
        'add "!tests/**"',
        ("**/*.py covers tests/test_x.py",),
    ),
    Case(
        "a scope over the measurement by accident",
        changed(("[value.txt]", '["*", "!checks.sh"]')),
        "a candidate could change how it is measured",
        'add "!bench.sh"',
    ),
    Case(
        "a provided folder over the scope",
        changed(("  timeout: 5s", "  provide: [value.txt]")),
        "lies over files of scope.edit",
        "take it out of harness.provide",
        ("autoexp.yaml:8: harness.provide:",),
    ),
    Case(
        "a writable folder over the scope",
        both(
            committed(build___a__txt="1\n"),
            changed(("[value.txt]", "[value.txt, build/]"), ("  timeout: 5s", "  writable: [build]")),
        ),
        "lies over files of scope.edit",
        "take it out of harness.writable",
        ("harness.writable:", "a candidate's change is lost"),
    ),
    Case(
        "a program that is not installed",
        changed(measured_by("no-such-program --fast")),
        "command not found",
        "install it",
        ("autoexp.yaml:6: harness.measure:", "no no-such-program on PATH"),
        short=True,
    ),
    Case(
        "a program of the tree without its path",
        changed(measured_by("bench.sh")),
        "command not found",
        "started by its path: ./bench.sh",
    ),
    Case(
        "a script that is not in the tree",
        changed(measured_by("sh benhc.sh")),
        "command not found",
        "did you mean bench.sh?",
        ("there is no benhc.sh in the tree of HEAD",),
    ),
    Case(
        "a script that is only in the checkout",
        both(untracked_bench, changed(measured_by("sh fast.sh"))),
        "command not found",
        "git add fast.sh && git commit",
    ),
    Case(
        "a script that is not executable",
        changed(("sh checks.sh", "./checks.sh")),
        "is not executable",
        "chmod +x checks.sh && git commit checks.sh; or write `sh checks.sh`",
        ("autoexp.yaml:7: harness.checks:",),
        short=True,
    ),
    Case(
        "a hidden script that measures",
        both(
            committed(apart___bench__sh="echo METRIC x=1\n"),
            changed(("[value.txt]}", "[value.txt], hidden: [apart/]}"), measured_by("sh apart/bench.sh")),
        ),
        "is hidden from this command",
        "take it out of scope.hidden",
    ),
    Case(
        "a provided folder that holds hidden files",
        both(
            committed(data___hidden__txt="1\n"),
            changed(
                ("[value.txt]}", "[value.txt], hidden: [data/hidden.txt]}"), ("  timeout: 5s", "  provide: [data]")
            ),
        ),
        "harness.provide shows data to every command",
        "leave it out of one of them",
    ),
    Case(
        "a holdout that is not there",
        changed(("  timeout: 5s", "  holdout: sh holdout.sh")),
        "command not found",
        "commit the file",
        ("autoexp.yaml:8: harness.holdout:",),
    ),
    Case(
        "a proposer's program that is not there",
        changed(("{kind: script, file: edits.yaml}", "{kind: command, command: no-such-agent}")),
        "command not found",
        "install it",
        ("autoexp.yaml:13: proposer.command:",),
    ),
    Case(
        "a folder that is not there",
        changed(("  timeout: 5s", "  cwd: nowhere")),
        "there is no folder nowhere in the tree of HEAD",
        "name a folder of the repository",
        ("autoexp.yaml:8: harness.cwd:",),
    ),
    Case(
        "a variable that is not set",
        changed(("  timeout: 5s", "  env_from: [NO_SUCH_KEY]")),
        "not set in the environment",
        "export NO_SUCH_KEY=...",
        ("autoexp.yaml:8: harness.env_from:",),
    ),
    Case(
        "a provided path that is not there",
        changed(("  timeout: 5s", "  provide: [.venv]")),
        "the checkout has no .venv",
        "make it, or take it out",
        ("autoexp.yaml:8: harness.provide:",),
    ),
    Case(
        "a sealed path that is not there",
        changed(("  timeout: 5s", "  sealed: [/no/such/data]")),
        "which does not exist",
        "take it out of harness.sealed",
        ("autoexp.yaml:8: harness.sealed:",),
    ),
    Case("no edits", no_edits, "cannot be read", "", ("edits.yaml",)),
    Case("a dirty file", dirty, "differs from HEAD", "commit or stash", commands=("run",)),
]

TEN = text(
    CONTRACT.replace("name: demo", "name: Demo")
    .replace("goal:", "gaol:")
    .replace("[value.txt]", "[value.txt, checks.sh]")
    .replace("sh bench.sh", "no-such-program")
    .replace("sh checks.sh", "sh chekcs.sh")
    .replace("timeout: 5s", "timeout: soon")
    .replace("direction: lower", "direction: lowr")
    .replace("equals: 1", "equals: 1, colour: red")
    .replace("file: edits.yaml", "file: edits.yaml, fiel: x")
    .replace("consecutive_crashes: null", "experiments: many")
    .replace("harness: {level: none}", "harness: {level: nonne}")
)
TEN_KEYS = [
    (2, "name"),
    (3, "gaol"),
    (6, "harness.measure"),
    (7, "harness.checks"),
    (8, "harness.timeout"),
    (10, "metrics.x.direction"),
    (11, "metrics.ok.colour"),
    (13, "proposer.fiel"),
    (14, "budget.experiments"),
    (15, "sandbox.harness.level"),
]
