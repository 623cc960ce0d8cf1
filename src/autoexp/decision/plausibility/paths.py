"""What is odd about the files that a change brings: names that are found before the real ones, and files that configure others."""

import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from autoexp.decision.plausibility.lines import harness_words
from autoexp.spec.model import Spec

CONFIGURE = frozenset(
    {
        "conftest.py", "pytest.ini", "pytest.toml", ".pytest.ini", "setup.cfg", "setup.py", "tox.ini", "pyproject.toml",
        "sitecustomize.py", "usercustomize.py", "pyvenv.cfg", ".coveragerc", "noxfile.py", "package.json", ".npmrc",
        ".node_modules", "GNUmakefile", "makefile", ".gitattributes", ".gitmodules", ".envrc", ".env", "build.rs", ".rspec",
    }
)  # fmt: skip
"""Names of files that change what a harness's programs do, just by being there."""

RUN_AS_THEY_ARE = frozenset({".pth", ".so", ".pyd", ".dylib", ".dll", ".pyc", ".pyo", ".egg-link"})
WELL_KNOWN = frozenset(
    {"autoexp", "numpy", "pandas", "polars", "pyarrow", "pytest", "scipy", "torch", "sklearn", "hypothesis"}
)
_SOURCE_FOLDERS = frozenset({"", "src", "lib", "python"})


def odd_paths(
    new_paths: Sequence[str], spec: Spec, *, executable: Sequence[str], tree: Collection[str]
) -> Iterator[str]:
    """Say which new files stand where a program would find them instead of the real thing, one reason each.

    A name of the standard library counts unless the parent's `tree` shows that its folder is a package, where it shadows
    nothing: pass the tree's paths, or it counts everywhere.
    """
    first = _SOURCE_FOLDERS | {spec.harness.cwd} | {_folder(path) for path in harness_words(spec)}
    for path in dict.fromkeys(new_paths):
        name = PurePosixPath(path).name
        shadowed = _module(path)
        if name in CONFIGURE:
            yield f"new file {path!r} changes what other programs do"
        elif PurePosixPath(path).suffix in RUN_AS_THEY_ARE:
            yield f"new file {path!r} runs without a source that can be read"
        elif shadowed is not None:
            module, folder = shadowed
            if folder in first or f"{folder}/__init__.py" not in tree:
                yield f"new file {path!r} shadows the module {module}"
        if path in executable:
            yield f"new file {path!r} is a program"


def _module(path: str) -> tuple[str, str] | None:
    """Give the known module that a path would be imported as, and the folder where it would be found."""
    place = PurePosixPath(path)
    if place.suffix not in {".py", ".pyx", ".pyi"}:
        return None
    place = place.parent if place.stem == "__init__" else place.with_suffix("")
    known = place.name in sys.stdlib_module_names or place.name in WELL_KNOWN
    return (place.name, _folder(str(place))) if known else None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
