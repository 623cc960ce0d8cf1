"""File names as models write them: on a line of their own, in a sentence, in the opening line of a fence."""

import re

SHELL = re.compile(r"(?:bash|sh|shell|console|zsh|terminal|powershell|cmd|shell-session|output|log|traceback)")
FILE_LABEL = re.compile(r"^[\s#*>]{0,8}FILE\b[*_]{0,3}\s?:")
_LONGEST = 300
_COMMON = re.compile(
    r".*\.(?:c|cc|cfg|clj|conf|cpp|cs|css|csv|cu|cuh|cxx|dart|env|erl|ex|f90|fs|go|h|hpp|hs|html|ini|ipynb|java|jl|js|json|jsx|kt|lua|m|md|"
    r"mjs|ml|nix|php|pl|proto|py|pyi|pyx|r|rb|rs|rst|scala|scss|sh|sql|svelte|swift|tf|toml|ts|tsx|txt|vue|xml|yaml|yml|zig)",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?:make|docker|jenkins|proc|vagrant|rake|gem|just)file|license|readme", re.IGNORECASE)
_DECORATION = re.compile(r"^(?:\s|#{1,6}(?=[\s*`])|>|[-*+](?=\s)|\d{1,3}[.)](?=\s)|//|;;|--|/\*|<!--|\*\*|__|=== )+")
_LABEL = re.compile(
    r"^(?:(?:new|updated?|modified|create|edit|modify|changed?|full|complete)\s+)?"
    r"(?:file\s?name|file\s?path|filename|filepath|file|path|source)\b\s?[*_]{0,2}\s?[:=]\s?[*_]{0,2}\s?",
    re.IGNORECASE,
)
_VERB = re.compile(r"^(?:create|update|edit|modify|rewrite|new file)\s?:?\s", re.IGNORECASE)
_NOTE = re.compile(r"\s\((?:new|updated?|modified|changed|edited|full|complete|whole|existing|rewritten)[\w ]{0,30}\)")
_PLAIN = re.compile(r"[^\s`*<>|?\"']+")
_ENDING = re.compile(r"\.[A-Za-z_][\w+-]{0,14}$")
_ATTRIBUTE = re.compile(r"\b(?:file|file_?name|file_?path|path|title|name)=(?:\"([^\"]*)\"|'([^']*)'|([^\s}\"']+))")
_WHOLE = re.compile(
    r"\b(?:updated?|full|complete|new|contents?|rewrit\w+|replac\w+|whole|entire|modified|changed|final|becomes?)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"`([^`\n]{1,300})`")


def on_a_line(line: str) -> str | None:
    """Give the name that a line consists of, whatever is drawn around it."""
    if len(line) > _LONGEST:
        return None
    rest = _DECORATION.sub("", line)
    bare = _LABEL.sub("", rest, count=1)
    labelled = bare != rest
    if not labelled:
        bare = _VERB.sub("", rest, count=1)
    bare = _NOTE.sub("", bare).strip().removesuffix("-->").removesuffix("*/").strip()
    quoted = re.fullmatch(r"[*_]{0,3}[`\"']([^`\"'\n]+)[`\"'][*_]{0,3}:?[*_]{0,3}", bare)
    if quoted:
        name = quoted[1].strip()
        return name if labelled or _is_path(name.replace(" ", "_")) else None
    name = bare.rstrip(":").strip("*").rstrip(":").strip()
    name = re.sub(r" ={3}$", "", name)
    if labelled and name:
        return name if _PLAIN.fullmatch(name) or _is_path(name.replace(" ", "_")) else None
    return name if _PLAIN.fullmatch(name) and _is_path(name) else None


def in_a_sentence(line: str, *, whole: bool) -> str | None:
    """Give the one file that a sentence names; for a whole file the sentence must also say that it is one."""
    if len(line) > _LONGEST or (whole and not _WHOLE.search(line)):
        return None
    words = [name.strip() for name in _QUOTED.findall(line)]
    if not words and (not whole or line.rstrip().endswith(":")):
        words = [word.strip("*_:,;()\"'") for word in line.split()]
    found = {word for word in words if _COMMON.fullmatch(word) and _is_path(word)}
    return found.pop() if len(found) == 1 else None


def in_fence_info(info: str) -> tuple[str, str | None]:
    """Give the language (in small letters) and the file name of a fence's opening line."""
    info = info.strip()[:_LONGEST]
    attribute = _ATTRIBUTE.search(info)
    words = info.split()
    first = words[0].strip("{}") if words else ""
    language, _, behind = first.partition(":")
    if attribute:
        return language.lower(), next(value for value in attribute.groups() if value is not None)
    if behind and _is_path(behind):
        return language.lower(), behind
    if len(words) > 1 and _is_path(words[1].strip("()`\"'")):
        return language.lower(), words[1].strip("()`\"'")
    if first and _is_path(first) and (re.search(r"[/\\.]", first)):
        return "", first
    return language.lower(), None


def in_a_comment(line: str) -> str | None:
    """Give the file that the first line of some code names in a comment of its own."""
    if re.match(r"\s*(?:#|//|--|;|/\*|<!--|%)", line) and not line.startswith("#!"):
        name = on_a_line(re.sub(r"^\s*(?:#|//|--|;|/\*|<!--|%)+\s*", "", line))
        return name if name and (_ENDING.search(name)) else None
    return None


def fits_language(name: str, language: str) -> bool:
    """Tell whether code of that language can be the named file: shell sessions and outputs are none."""
    return (
        not SHELL.fullmatch(language)
        or name.endswith((".sh", ".bash", ".zsh", ".ps1", ".log", ".cmd"))
        or "." not in name
    )


def _is_path(word: str) -> bool:
    if not word or "://" in word or word.endswith(("()", ".", ",")) or len(word) > _LONGEST:
        return False
    if re.fullmatch(r"[\d.,%/-]+", word) or not re.search(r"[\w]", word):
        return bool(re.match(r"\.{2}/", word))
    return bool("/" in word or "\\" in word or _ENDING.search(word) or _BARE.fullmatch(word) or word.startswith("."))
