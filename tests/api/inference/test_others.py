"""Make, just, CMake, Docker, Java, and projects in a folder of their own."""

import os
import subprocess
from pathlib import Path

from autoexp.api.inference import Files, infer
from autoexp.workspaces.scope import Scope

MAKEFILE = "all: prog\n\nCC := cc\nbench perf: prog\n\t./prog\ntest:: prog\n\tsh t.sh\n.PHONY: bench\n"
COPY = 'cp -R . "$TMPDIR/tree" && cd "$TMPDIR/tree" && '


def test_targets_of_c_are_built_in_a_copy() -> None:
    found = infer(Files.of({"Makefile": MAKEFILE, "sort.c": "", "sort.h": "", "bench.c": "", "test_sort.c": ""}))
    assert (found.measure, found.checks) == (f"{COPY}make -s bench", f"{COPY}make -s test")
    assert (found.edit, found.builds) == (("sort.c", "sort.h"), True)


def test_a_variable_is_no_target() -> None:
    assert infer(Files.of({"Makefile": "bench := 1\ntest = 2\n", "a.c": ""})).measure == ""


def test_targets_beside_another_project_run_in_the_tree_and_its_own_tests_check() -> None:
    found = infer(Files.of({"Makefile": MAKEFILE, "pkg/__init__.py": "", "tests/test_a.py": "def test_a(): pass\n"}))
    assert (found.measure, found.kinds) == ("make -s bench", ("python", "make"))
    assert found.checks == "python3 -m pytest -q -p no:cacheprovider tests"


def test_recipes_of_just_and_tasks_are_found() -> None:
    assert infer(Files.of({"justfile": "bench n='1':\n  ./b\n@test:\n  ./t\n"})).measure == "just bench"
    assert infer(Files.of({"Taskfile.yml": "tasks:\n  bench:\n    cmd: ./b\n"})).measure == "task --silent bench"


def test_programs_of_cmake_are_built_outside_of_the_tree() -> None:
    lists = "project(x C)\nadd_executable(sort_bench bench/main.c src/a.c)\nenable_testing()\n"
    found = infer(Files.of({"CMakeLists.txt": lists, "src/a.c": "", "bench/main.c": ""}))
    assert found.measure.startswith('cmake -S . -B "$TMPDIR/build"')
    assert found.measure.endswith('"$TMPDIR/build/sort_bench"')
    assert "ctest" in found.checks
    assert found.edit == ("src/**",)


def test_a_dockerfile_is_packaging_where_anything_else_is_found() -> None:
    dockerfile = {"Dockerfile": "FROM scratch\n"}
    assert infer(Files.of(dockerfile)).kinds == ("docker",)
    beside = infer(Files.of({**dockerfile, "pkg/__init__.py": "", "bench.py": "print(1)\n"}))
    assert (beside.kinds, beside.measure, beside.write) == (("python",), "python3 bench.py", ())


def test_the_socket_of_docker_is_given_only_to_what_builds_an_image() -> None:
    files = Files.of({"Dockerfile": "FROM scratch\n"})
    assert infer(files).write == ("/var/run/docker.sock",)
    given = infer(files, measure="hadolint Dockerfile | wc -l")
    assert (given.write, given.because("write")) == ((), ())


def test_the_size_of_an_image_is_one_number(tmp_path: Path) -> None:
    """The program here stands for docker's client and daemon: it shows how the command asks them, not what they answer."""
    client = tmp_path / "docker"
    client.write_text(
        '#!/bin/sh\ncase "$1" in build) echo sha256:1;; image) test "$5" = sha256:1 && echo 4096;; esac\n'
    )
    client.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = infer(Files.of({"Dockerfile": "FROM scratch\n"})).measure
    done = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "4096\n"


def test_java_says_what_it_needs() -> None:
    found = infer(Files.of({"pom.xml": "", "src/main/java/A.java": "", "src/test/java/ATest.java": ""}))
    assert (found.edit, found.writable, found.measure) == (("src/main/**",), ("target/**",), "")
    assert [line.partition(":")[0] for line in found.missing] == ["measure", "checks", "dependencies"]


def test_a_project_in_the_only_folder_that_has_one_is_seen_from_the_top() -> None:
    texts = {
        "README.md": "",
        "app/package.json": '{"scripts": {"bench": "x", "test": "y"}}',
        "app/src/a.js": "",
        "app/b.js": "",
    }
    found = infer(Files.of(texts, ignored=("app/node_modules",)))
    assert (found.cwd, found.measure, found.provide) == ("app", "npm run --silent bench", ("app/node_modules",))
    assert found.edit == ("app/src/**",)
    assert Scope(found.edit).matches("app/src/a.js")
    assert found.why[0].startswith("cwd: app")


def test_patterns_of_a_folder_match_only_below_it() -> None:
    texts = {"svc/go.mod": "", "svc/a/b.go": "", "svc/c.go": "", "svc/c_test.go": "", "other/d.go": ""}
    edit = Scope(infer(Files.of(texts)).edit)
    assert {path for path in texts if edit.matches(path)} == {"svc/a/b.go", "svc/c.go"}


def test_several_projects_are_named_and_none_is_guessed() -> None:
    found = infer(Files.of({"a/Cargo.toml": "", "b/go.mod": "", "c/d/Makefile": "", "a/src/lib.rs": ""}))
    assert found.measure == ""
    assert "a/, b/, c/d/" in found.missing[0]


def test_of_nothing_everything_is_missing() -> None:
    found = infer(Files.of({"README.md": ""}))
    assert (found.measure, found.checks, found.edit, found.kinds) == ("", "", (), ())
    assert [line.partition(":")[0] for line in found.missing] == ["measure", "checks", "edit"]
