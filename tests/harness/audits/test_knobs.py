"""Knobs that nothing uses are found in Python, JSON, C and shell; those that something uses, or may use, are left alone."""

import json

import pytest

from autoexp.harness.audits.knobs import placebo_knobs

TARGET = """\
UNUSED = 7
SHOWN = 200_000
DEAD = "snappy"
HANDED = 3
STEPS = 40
DOUBLE = False
FACTOR = 2


def write(path):
    path.write_text(DEAD)


def work(steps, _):
    total = 0
    for at in range(steps):
        total += 1
    return total * FACTOR if DOUBLE else total


if __name__ == "__main__":
    import sys

    print(f"shown {SHOWN:,}", file=sys.stderr)
    print(work(STEPS, HANDED))
"""
BENCH = "import subprocess, sys\nx = int(subprocess.run([sys.executable, 'target.py'], capture_output=True, text=True, check=True).stdout)\nprint(f'METRIC x={x}')\n"


def knobs(ground):
    found = list(placebo_knobs(ground))
    return found[0].what.partition(": ")[2] if found else ""


def test_constants_that_nothing_uses_are_named_and_those_behind_a_switch_are_not(ground):
    stands = ground(
        {"target.py": TARGET, "bench.py": BENCH}, scope={"edit": ["target.py"]}, harness={"measure": "python bench.py"}
    )
    (found,) = placebo_knobs(stands)
    assert found.what == "4 knobs do nothing: UNUSED, SHOWN, DEAD, HANDED"
    assert "SHOWN = 200000 (target.py:2) is printed, and read by nothing else" in found.evidence
    assert "DEAD = 'snappy' (target.py:3) is read only in write(), which nothing calls" in found.evidence


def test_keys_that_no_program_names_and_no_run_uses_are_found(ground):
    config = {"limit": 40, "name": "mine", "shards": 8, "prefetch": True}
    bench = "import json\nc = json.load(open('c.json'))\nprint('METRIC x=%d' % c['limit'])\n"
    sections = {"scope": {"edit": ["c.json"]}, "harness": {"measure": "python bench.py"}}
    assert knobs(ground({"c.json": json.dumps(config, indent=1), "bench.py": bench}, **sections)) == "shards, prefetch"


@pytest.mark.long
def test_keys_that_a_tool_reads_without_being_told_are_left_alone(ground):
    bench = "import json\nprint('METRIC x=%d' % sum(json.load(open('c.json')).values()))\n"
    sections = {"scope": {"edit": ["c.json"]}, "harness": {"measure": "python bench.py"}}
    assert knobs(ground({"c.json": json.dumps({"a": 1, "b": 2}), "bench.py": bench}, **sections)) == ""


@pytest.mark.long
def test_variable_of_a_shell_script_that_nothing_reads_is_found(ground):
    files = {"target.sh": "LEVEL=9\nWIDTH=4\nexport OTHER=1\necho METRIC x=$WIDTH\n"}
    sections = {"scope": {"edit": ["target.sh"]}, "harness": {"measure": "sh target.sh"}}
    assert knobs(ground(files, **sections)) == "LEVEL"


@pytest.mark.long
def test_macro_that_no_line_expands_is_found(ground):
    files = {
        "target.c": '#include <stdio.h>\n#define USED 4\n#define IDLE 9 /* none */\nint main(void) { printf("METRIC x=%d\\n", USED); return 0; }\n',
        "bench.sh": 'd=$(mktemp -d) && cc -o "$d/t" target.c && "$d/t"; rm -r "$d"\n',
    }
    sections = {"scope": {"edit": ["target.c"]}, "harness": {"measure": "sh -e bench.sh"}}
    assert knobs(ground(files, **sections)) == "IDLE"
