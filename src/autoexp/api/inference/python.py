"""Python: pytest or unittest, benchmark scripts, pytest-benchmark; the package is what may change."""

import re
import tomllib
from collections.abc import Iterator

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Look, Rank
from autoexp.api.inference.scripts import printed_metric

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini", "requirements.txt")
_FOLDERS = ("benchmarks", "benchmark", "bench", "perf")
_BENCH = (
    r"(?:(?:scripts|tools|tests?)/)?(?:run_)?(?:bench(?:marks?)?|perf)(?:_\w+)?\.py"
    r"|(?:(?:scripts|tools)/)?\w+_bench(?:mark)?\.py"
    rf"|(?:{'|'.join(_FOLDERS)})/(?!conftest|_(?!_main__\.))\w+\.py"
)
_FIRST = re.compile(r"(?:.*/)?(?:(?:run_)?(?:bench|benchmark|benchmarks)|run|main|run_all|__main__)\.py")
_TESTS = r"(?:.*/)?(?:tests?/.*\.py|test_\w+\.py|\w+_test\.py|tests\.py|conftest\.py)"
_SUITE = re.compile(r"def test_\w+\([^)]*\bbenchmark\b|pytest\.mark\.benchmark")
_SETTINGS = {"setup", "conftest", "noxfile", "tasks", "fabfile", "dodo", "manage", "versioneer", "propose", "prepare"}
_OTHER = {"docs", "doc", "examples", "example", "scripts", "tools", "test", "tests", "build", "dist", "ci", *_FOLDERS}
_MEAN = (
    "import json, os, statistics as s; "
    'runs = json.load(open(os.environ["TMPDIR"] + "/benchmark.json"))["benchmarks"]; '
    'print("METRIC time_us=%.9g" % s.geometric_mean(run["stats"]["median"] * 1e6 for run in runs))'
)

TESTS = rf"{_TESTS}|{_BENCH}|(?:.*/)?(?:{'|'.join(_FOLDERS)})/.*"


def look(files: Files) -> Look | None:
    """Give what a Python project shows; None when it is none."""
    modules = files.like(r".*\.py")
    project = files.first(*_PROJECT)
    if not modules or not (project or _alone(files, modules)):
        return None
    venv = next((name for name in (".venv", "venv") if name in files.ignored), "")
    python = f"{venv}/bin/python" if venv else "python3"
    edit, source = _sources(files)
    checks = tuple(_checks(files, python))
    missing = []
    if not checks:
        missing.append("checks: no tests were found (tests/, test_*.py); name a command with --checks")
    if files.has("asv.conf.json"):
        missing.append(
            "measure: asv.conf.json is there, and asv keeps its numbers in files; name a script that prints one number with --measure"
        )
    return Look(
        kind="python",
        measures=(*_measures(files, python), *_tests_as_measure(checks)),
        checks=checks,
        edit=edit,
        edit_source=source,
        tests=TESTS,
        provide=(venv,) if venv else (),
        env={"PYTHONPATH": "src" if files.holds("src") else "."},
        why=tuple(_why(files, venv)),
        missing=tuple(missing),
    )


def _alone(files: Files, modules: tuple[str, ...]) -> bool:
    """Tell whether modules that no project file speaks of are what the repository is about."""
    foreign = files.first("package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle", "CMakeLists.txt")
    shallow = [path for path in modules if path.count("/") <= 1 and path.split("/")[0] not in _OTHER]
    return not foreign and (bool(shallow) or files.holds("src"))


def _why(files: Files, venv: str) -> Iterator[str]:
    if venv:
        yield f"provide: {venv}, from the checkout, where git ignores it; commands run with its python"
    root = "src" if files.holds("src") else "."
    yield f"env: PYTHONPATH={root}, from the layout of the modules, so that those of the tree are imported and not installed ones"


def _checks(files: Files, python: str) -> Iterator[Command]:
    tests = files.like(rf"(?:{_TESTS})")
    cases = [path for path in tests if not path.endswith(("conftest.py", "__init__.py"))]
    if not cases:
        return
    configured = _pytest_settings(files)
    texts = [files.text(path) for path in cases[:50]]
    where = next((folder for folder in ("tests", "test") if files.holds(folder)), "")
    old_style = any("unittest" in text for text in texts)
    if (
        not configured
        and old_style
        and not any(re.search(r"\bpytest\b|^def test_", text, re.MULTILINE) for text in texts)
    ):
        text = f"{python} -m unittest discover" + (f" -s {where} -t ." if files.has(f"{where}/__init__.py") else "")
        text += f" -s {where}" if where and " -s " not in text else ""
        yield Command(text, f"{where or cases[0]}, whose tests are unittest's", Rank.NATIVE, starts=tests)
        return
    known = re.search(r"testpaths", files.text(configured)) if configured else None
    text = f"{python} -m pytest -q -p no:cacheprovider" + (f" {where}" if where and not known else "")
    yield Command(text, f"{configured or where or cases[0]}", Rank.NATIVE, starts=tests)


def _pytest_settings(files: Files) -> str:
    """Name the file that configures pytest."""
    places = (
        ("pyproject.toml", "[tool.pytest"),
        ("pytest.ini", "[pytest]"),
        ("tox.ini", "[pytest]"),
        ("setup.cfg", "[tool:pytest]"),
    )
    return next((path for path, section in places if section in files.text(path)), "")


def _measures(files: Files, python: str) -> Iterator[Command]:
    found = sorted(files.like(_BENCH), key=lambda path: (not _FIRST.fullmatch(path), path.count("/"), path))
    suites = [path for path in {*found, *files.like(_TESTS)} if _SUITE.search(files.text(path))]
    for path in found:
        text = files.text(path)
        if path in suites or not _runs(text):
            continue
        metric = printed_metric(text)
        yield Command(
            f"{python} {path}", path, Rank.USUAL, metric=metric, metrics="lines" if metric else "", starts=(path,)
        )
    if suites:
        where = " ".join(sorted(suites))
        text = (
            f"{python} -m pytest -q -p no:cacheprovider {where} --benchmark-only "
            f"--benchmark-json=\"$TMPDIR/benchmark.json\" >&2 && {python} -c '{_MEAN}'"
        )
        yield Command(
            text,
            f"{where}, which pytest-benchmark runs",
            Rank.USUAL,
            metric="time_us",
            unit="us",
            metrics="lines",
            starts=tuple(suites),
            note="the metric is the geometric mean of the medians of all benchmarks",
        )


def _runs(text: str) -> bool:
    """Tell whether a module does something when it is started: it has a main part, or prints at its top level."""
    return "__main__" in text or re.search(r"^(?:print|main|run|sys\.stdout)\b", text, re.MULTILINE) is not None


def _tests_as_measure(checks: tuple[Command, ...]) -> Iterator[Command]:
    for check in checks[:1]:
        yield Command(
            check.text,
            f"{check.source}: no benchmark was found",
            Rank.WEAK,
            metric="cpu_s",
            unit="s",
            metrics="lines",
            starts=check.starts,
            note="the processor time of the tests, measured by autoexp, is a weak measure: most of it is not your program's work; "
            "better is a benchmark of one function: autoexp init --harness python --target file.py:function",
        )


def _sources(files: Files) -> tuple[tuple[str, ...], str]:
    """Give patterns for the package or the modules, and where that was read."""
    inner = files.like(r"src/.*\.py")
    if inner:
        tops = sorted({path.split("/")[1] for path in inner})
        return tuple(f"src/{top}/**" if not top.endswith(".py") else f"src/{top}" for top in tops), "they are in src/"
    packages = sorted({path.split("/")[0] for path in files.like(r"(?!\.)[^/]+/__init__\.py")} - _OTHER)
    if name := _name(files):
        packages = [name] if name in packages else packages
    if packages:
        return tuple(f"{package}/**" for package in packages), f"{packages[0]}/__init__.py is there"
    modules = [path for path in files.like(r"[^/]+\.py") if path.removesuffix(".py") not in _SETTINGS]
    return tuple(modules), "they are the modules at the top"


def _name(files: Files) -> str:
    """Give the package that pyproject.toml is about; empty when that cannot be read."""
    try:
        name = tomllib.loads(files.text("pyproject.toml")).get("project", {}).get("name", "")
    except (tomllib.TOMLDecodeError, AttributeError):
        return ""
    return str(name).replace("-", "_").lower()
