"""The folder stands alone: standard library only, started wherever it was copied to."""

import ast
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.testing import fake_model

from .clients import ask, text

FOLDER = Path(fake_model.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_nothing_but_the_standard_library_is_imported(path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "command", [["-I", "lab/fake_model"], ["-I", "lab/fake_model/__main__.py"], ["-m", "lab.fake_model"]]
)
def test_a_copy_serves_a_scenario_until_terminated(tmp_path, command) -> None:
    shutil.copytree(FOLDER, tmp_path / "lab/fake_model", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scenario.json").write_text(json.dumps({"turns": ["from a copy"]}))
    (tmp_path / "decide.py").write_text("def handle(request):\n    return request.last[::-1]\n")
    for more, said in ((["scenario.json", "--log", "log.jsonl"], "from a copy"), (["--handler", "decide.py"], "ih")):
        argv = [sys.executable, *command, *more, "--port-file", "port"]
        with subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
            try:
                url = server.stdout.readline().strip()
                assert url == f"http://127.0.0.1:{(tmp_path / 'port').read_text()}"
                assert text("chat", ask(url)[2]) == said
            finally:
                server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
    assert json.loads((tmp_path / "log.jsonl").read_text())["reply"] == "from a copy"


def test_a_server_ends_with_the_stdin_of_whoever_started_it(tmp_path) -> None:
    argv = [sys.executable, "-I", str(FOLDER), "--until-eof"]
    with subprocess.Popen(argv, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        assert text("chat", ask(url)[2]) == "Done."
        server.stdin.close()
        assert server.wait(20) == 0


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["none.json"], "none.json"),
        (["bad.json"], "bad.json is no JSON"),
        (["list.json"], "list.json holds no object"),
        (["wrong.json"], "the scenario has 'turn'"),
        (["--handler", "none.py"], "there is no Python file none.py"),
    ],
)
def test_what_cannot_be_served_is_one_clear_line(tmp_path, argv, told) -> None:
    for name, content in {"bad": "{", "list": "[]", "wrong": '{"turn": []}'}.items():
        (tmp_path / f"{name}.json").write_text(content)
    done = subprocess.run(
        [sys.executable, FOLDER, *argv], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert told in done.stderr
