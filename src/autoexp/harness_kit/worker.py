"""The worker: loads the candidate's function and answers calls of it. Started by path, never imported.

Nothing here is trusted by the judge: the candidate's code runs in this process and may change all of it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
from typing import Any, Callable


def main(target: str) -> None:
    """Answer calls until a line without a call, or the end of the input, comes."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    codec = _load("_kit_codec", here + "/codec.py")
    questions, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    _replace_standard_streams()
    try:
        function = _function(target)
    except BaseException as error:  # whatever it raises, the judge is to hear of it
        traceback.print_exc()
        _write(answers, json.dumps({"error": _told(error)}))
        return
    _write(answers, '{"ready":true}')
    for line in questions:
        question = json.loads(line)
        if "id" not in question:
            break
        _write(answers, _answer(function, question, codec))


def _answer(function: Callable[..., Any], question: Any, codec: Any) -> str:
    sign = json.dumps(question["id"])
    try:
        args, kwargs = codec.decode(question["args"]), codec.decode(question.get("kwargs", {}))
        return f'{{"id":{sign},"answer":{codec.dumps(function(*args, **kwargs), packed=True)}}}'
    except codec.NotPlain as error:
        told = f"it returned {error}, which cannot cross: only plain values do"
    except BaseException as error:
        traceback.print_exc()
        told = _told(error)
    return f'{{"id":{sign},"error":{json.dumps(told)}}}'


def _function(target: str) -> Callable[..., Any]:
    place, _, name = target.rpartition(":")
    sys.argv = [place]
    if place.endswith(".py"):
        found = _of_file(os.path.abspath(place))
    else:
        sys.path.insert(0, os.getcwd())
        found = importlib.import_module(place)
    for part in name.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


def _of_file(path: str) -> Any:
    """Import a file as what it is: a module of its package where an __init__.py lies beside it, else a module alone."""
    folder, name = os.path.dirname(path), os.path.splitext(os.path.basename(path))[0]
    root, parts = folder, [] if name == "__init__" else [name]
    while root != os.getcwd() and os.path.basename(root).isidentifier() and os.path.exists(root + "/__init__.py"):
        root, part = os.path.split(root)
        parts.insert(0, part)
    sys.path.insert(0, root)
    if root == folder or "." in name:
        return _load(name, path)
    sys.path.append(folder)
    found = importlib.import_module(".".join(parts))
    same = os.path.realpath(getattr(found, "__file__", None) or "") == os.path.realpath(path)
    return found if same else _load(name, path)


def _load(name: str, path: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _replace_standard_streams() -> None:
    """What the candidate prints goes to stderr, and it reads nothing: the pipes of the protocol have other numbers."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


def _write(descriptor: int, message: str) -> None:
    rest = memoryview((message + "\n").encode("ascii"))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _told(error: BaseException) -> str:
    return "it raised " + "".join(traceback.format_exception_only(type(error), error)).strip()[-500:]


if __name__ == "__main__":
    main(sys.argv[1])
