"""The page about the kit: it names what there is, and what it shows runs."""

import re
import subprocess
import sys
from pathlib import Path

import autoexp.harness_kit as kit
from autoexp.harness_kit import codec, isolated
from autoexp.harness_kit.__main__ import _parser
from autoexp.harness_kit.templates import NAMES
from tests.harness_kit.deployed import Desk

PAGE = (Path(__file__).parents[2] / "docs/harness-kit.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_page_names_every_public_name_option_tag_and_template() -> None:
    import inspect

    names = [*kit.__all__, *inspect.signature(isolated).parameters, *NAMES, *codec._DECODERS]
    names += [name for name in vars(kit.Run) if not name.startswith("_")] + list(kit.Run.__annotations__)
    parts = next(action for action in _parser()._actions if action.choices).choices
    names += [option for option in parts["run"]._option_string_actions if option not in {"-h", "--help"}]
    assert [name for name in [*names, *parts] if not re.search(rf"(?<![\w]){re.escape(name)}\b", PAGE)] == []


def test_first_harness_of_the_page_runs(desk: Desk) -> None:
    desk.write(parser="def parse(values): return sorted(values)")
    assert list(desk.python(PYTHON[0]).metrics) == ["latency_ms"]


def test_wrapper_of_the_page_lets_objects_cross_as_plain_values(desk: Desk) -> None:
    rule = "class Rule:\n    type = 'at'\n    def serialize(self): return '@'\n"
    desk.write(tinycss2=rule + "def parse_stylesheet(text): return [Rule()]", bench_target=PYTHON[1])
    assert isolated("bench_target.py:parsed", ["@"], cwd=desk.folder).answers == ([["at", "@"]],)


def test_worker_of_the_page_speaks_the_protocol(desk: Desk) -> None:
    desk.write(worker=PYTHON[2])
    run = isolated([sys.executable, str(desk.folder / "worker.py")], [[1, 2], [4]], expect=[3, 4])
    assert len(run.times_ns) == 2


def test_lines_of_the_protocol_are_those_of_the_page(desk: Desk) -> None:
    log = desk.folder / "log"
    argv = [
        sys.executable,
        "-c",
        f"import sys\nlog = open({str(log)!r}, 'wb')\n"
        + PYTHON[2].replace("    question", "    log.write(line.encode()); log.flush()\n    question"),
    ]
    isolated(argv, [kit.Call(([1, 2],), {"start": 5})])
    question, bye = log.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r'\{"args":\[\[1,2\]\],"kwargs":\{"start":5\},"id":"[0-9a-f]{16}"\}', question)
    assert bye == '{"bye":true}'


def test_importing_the_kit_brings_nothing_of_autoexp_along() -> None:
    code = "import sys, autoexp.harness_kit; print([m for m in sys.modules if m.startswith('autoexp.') and 'harness_kit' not in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
