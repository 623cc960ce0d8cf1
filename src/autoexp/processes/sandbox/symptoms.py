"""What programs say when a sandbox does not show them something, or does not let them out."""

import re

_MISSING = re.compile(
    r"ModuleNotFoundError|ImportError|[Cc]annot find (?:module|package)|MODULE_NOT_FOUND|No such file or directory"
    r"|command not found|: not found|not found: |ENOENT|FileNotFoundError|exit code 127"
)
_OFFLINE = re.compile(
    r"[Cc]ould not resolve host|name resolution|Network is unreachable|EAI_AGAIN|ENETUNREACH|Name or service not known"
    r"|nodename nor servname|[Nn]o such host|download of .{1,80} failed|getaddrinfo"
)
_HERE = r"((?:127(?:\.\d{1,3}){3}|localhost):\d{1,5})"
_REFUSED_HERE = re.compile(rf"{_HERE}[^\n]{{0,200}}refused|refused[^\n]{{0,200}}?{_HERE}", re.IGNORECASE)
_MODULE = re.compile(
    r"No module named '(?P<quoted>\w+)'|^(?P<python>/\S*): No module named (?P<plain>\w+)\s*$", re.MULTILINE
)
_FILE = re.compile(
    r"No such file or directory: b?['\"]([^'\"\n]{1,300})['\"]|can't open file '([^'\n]{1,300})'"
    r"|(?:^|[\s:])([^\s:'\"]{1,300}): No such file or directory|ENOENT: no such file or directory, \w+ '([^'\n]{1,300})'",
    re.MULTILINE,
)
_WITHOUT_GIT = re.compile(r"not a git repository|unable to detect version|error obtaining VCS status", re.IGNORECASE)


def misses_files(said: str) -> bool:
    """Tell whether a program looked for a file, a module or another program in vain."""
    return _MISSING.search(said) is not None


def misses_network(said: str) -> bool:
    """Tell whether a program did not get out."""
    return _OFFLINE.search(said) is not None


def refused_here(said: str) -> str:
    """Give the address of this machine, host:port, where a program was refused; empty where none was."""
    found = _REFUSED_HERE.search(said)
    return (found.group(1) or found.group(2)) if found else ""


def misses_git(said: str) -> bool:
    """Tell whether a program asked git for something where no repository is."""
    return _WITHOUT_GIT.search(said) is not None


def missing_module(said: str) -> tuple[str, str]:
    """Give the Python module that was not found, and the Python that says so; empty where unknown. Part of a package is none."""
    found = _MODULE.search(said)
    return ((found["quoted"] or found["plain"], found["python"] or "")) if found else ("", "")


def missing_files(said: str) -> tuple[str, ...]:
    """Give the files that programs looked for in vain, as they name them."""
    return tuple(next(filter(None, found.groups()), "") for found in _FILE.finditer(said))
