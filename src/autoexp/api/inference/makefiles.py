"""Make, just and Task: targets that say by their names what they are for; C and C++ are built in a copy of the tree."""

import re
from collections.abc import Iterator

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Look, Rank, in_a_copy
from autoexp.api.inference.scripts import printed_metric

_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_RULE = re.compile(r"^([A-Za-z0-9][\w .-]*?)\s*::?(?!=)", re.MULTILINE)
_RECIPE = re.compile(r"^@?([A-Za-z][\w-]*)(?: [^:\n]*)?:(?!=)", re.MULTILINE)
_TASK = re.compile(r"^  ([A-Za-z][\w-]*):\s*$", re.MULTILINE)
_BENCH, _TEST = ("bench", "benchmark", "benchmarks", "perf"), ("test", "tests", "check")
_C = r"(?:c|cc|cpp|cxx|h|hh|hpp|hxx|inl)"
_TESTS = (
    rf"(?:.*/)?(?:tests?|bench(?:marks?)?|perf|check)/.*"
    rf"|(?:.*/)?(?:(?:tests?|bench(?:mark)?|perf|check)(?:_[\w-]*)?|\w+_(?:tests?|bench(?:mark)?))\.{_C}"
)
_FOLDERS = ("src", "lib", "include", "source")
_FOREIGN = ("pyproject.toml", "setup.py", "package.json", "Cargo.toml", "go.mod")
"""Where these are, C sources are a part of something else."""
_BENCHMARK = rf"(?:.*/)?(?:bench(?:marks?)?|perf)/.*|(?:.*/)?(?:bench(?:mark)?|perf|\w+_bench)[\w-]*\.{_C}"
_PROGRAM = re.compile(r"add_executable\s*\(\s*(\w*(?:bench|perf)\w*)", re.IGNORECASE)
_BUILT = 'cmake -S . -B "$TMPDIR/build" -DCMAKE_BUILD_TYPE=Release >&2 && cmake --build "$TMPDIR/build" >&2 && '


def look(files: Files) -> Look | None:
    """Give what a Makefile, a justfile, a Taskfile or CMake offers; None when there is none of them."""
    sources = files.like(rf"(?:(?:{'|'.join(_FOLDERS)})/.*|[^/]+)\.{_C}") if not files.first(*_FOREIGN) else ()
    makefile = files.first(*_MAKEFILES)
    cmake = bool(sources) and files.has("CMakeLists.txt")
    offered = [*_offered(files, makefile, copied=bool(sources))] + ([*_cmake(files)] if cmake else [])
    if not offered and not (sources and (makefile or cmake)):
        return None
    measures = tuple(command for purpose, command in offered if purpose == "measure")
    checks = tuple(command for purpose, command in offered if purpose == "checks")
    edit, source = _sources(sources)
    where = "CMakeLists.txt" if cmake else makefile or "the justfile or Taskfile"
    missing = (
        () if checks or not sources else (f"checks: {where} has no target test or check; name a command with --checks",)
    )
    return Look(
        kind="c" if sources else "make",
        measures=measures,
        checks=checks,
        edit=edit,
        edit_source=source,
        tests=_TESTS if sources else "",
        missing=missing,
    )


def _offered(files: Files, makefile: str, *, copied: bool) -> Iterator[tuple[str, Command]]:
    places = (
        (makefile, "make -s", _RULE),
        (files.first("justfile", "Justfile", ".justfile"), "just", _RECIPE),
        (files.first("Taskfile.yml", "Taskfile.yaml"), "task --silent", _TASK),
    )
    for path, program, pattern in places:
        targets = {name for found in pattern.findall(files.text(path)) for name in found.split()} if path else set()
        for purpose, names in (("measure", _BENCH), ("checks", _TEST)):
            for name in [name for name in names if name in targets][:1]:
                yield purpose, _target(files, path, f"{program} {name}", purpose=purpose, copied=copied)


def _target(files: Files, path: str, text: str, *, purpose: str, copied: bool) -> Command:
    starts = (path, *(files.like(rf"(?:{_TESTS})") if copied else ()))
    printing = files.like(_BENCHMARK) if purpose == "measure" and copied else ()
    metric = next((name for each in printing if (name := printed_metric(files.text(each)))), "")
    native = Rank.NATIVE if copied else Rank.TARGET
    return Command(
        in_a_copy(text) if copied else text,
        f"{path}, target {text.rpartition(' ')[2]}",
        Rank.NAMED if purpose == "measure" else native,
        metric=metric,
        metrics="lines" if metric else "",
        builds=copied or bool(files.first("Cargo.toml", "go.mod")),
        starts=starts,
        note="the tree is read-only while it is measured, so it is built in a copy, anew for each run"
        if copied
        else "",
    )


def _cmake(files: Files) -> Iterator[tuple[str, Command]]:
    text = files.text("CMakeLists.txt")
    starts = tuple(path for path in files.paths if path.endswith(("CMakeLists.txt", ".cmake")))
    if match := _PROGRAM.search(text):
        yield (
            "measure",
            Command(
                f'{_BUILT}"$TMPDIR/build/{match[1]}"',
                f"CMakeLists.txt, add_executable({match[1]})",
                Rank.NATIVE,
                builds=True,
                timeout="30m",
                starts=starts,
            ),
        )
    if re.search(r"add_test\s*\(|enable_testing\s*\(|include\s*\(\s*CTest", text):
        yield (
            "checks",
            Command(
                f'{_BUILT}ctest --test-dir "$TMPDIR/build" --output-on-failure',
                "CMakeLists.txt, add_test",
                Rank.NATIVE,
                timeout="30m",
                starts=starts,
            ),
        )


def _sources(sources: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    if not sources:
        return (), ""
    plain = [path for path in sources if not re.fullmatch(_TESTS, path)]
    folders = [folder for folder in _FOLDERS if any(path.startswith(f"{folder}/") for path in plain)]
    if folders:
        return tuple(f"{folder}/**" for folder in folders), f"the C or C++ sources are in {' and '.join(folders)}"
    return tuple(path for path in plain if "/" not in path), "they are the C or C++ sources at the top"
