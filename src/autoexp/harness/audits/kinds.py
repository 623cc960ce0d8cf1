"""What kind of file a target is: a program that audits can change, or what no program is."""

from collections.abc import Sequence

from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.sources import text_of

_CODE = frozenset(
    [
        "c",
        "cc",
        "cpp",
        "cxx",
        "cu",
        "h",
        "hpp",
        "rs",
        "go",
        "java",
        "kt",
        "cs",
        "js",
        "mjs",
        "cjs",
        "ts",
        "tsx",
        "jsx",
        "sh",
        "bash",
        "zsh",
        "awk",
        "pl",
        "rb",
        "lua",
        "php",
        "r",
        "jl",
        "sql",
        "swift",
        "scala",
        "hs",
        "ml",
        "ex",
        "exs",
        "erl",
        "f90",
        "zig",
        "nim",
        "d",
        "m",
    ]
)


def suffix(path: str) -> str:
    """Give a path's ending in small letters, without its dot."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def is_program(ground: Ground, path: str) -> bool:
    """Tell whether a file is a program, by its ending, or by its first line where it has none."""
    ending = suffix(path)
    return ending == "py" or ending in _CODE or (not ending and text_of(ground, path).startswith("#!"))


def programs(ground: Ground) -> Sequence[str]:
    """Give the programs in scope."""
    return tuple(path for path in ground.scope if is_program(ground, path))
