"""Plausibility: what honest changes do is left alone, and what cheats do is named with its place or its figures."""

import difflib
import random
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import CONTRACT

from autoexp.decision.plausibility import BINARY, AddedLine, added_lines, suspicions
from autoexp.decision.plausibility.words import ODD, PAIRS, Words
from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.labs import gallery
from autoexp.proposers.applying import apply_replace
from autoexp.proposers.edits import load_edits
from autoexp.spec import load
from autoexp.spec.model import Spec


def contract(**sections):
    """Give a contract whose harness is `python bench.py`, with metrics of one's own."""
    harness = {"measure": "python bench.py --quick", **sections.pop("harness", {})}
    return Spec.model_validate({**CONTRACT, "harness": harness, **sections})


def of_lines(*texts, path="solution.py", contract_=None):
    """Give the reasons that added lines raise."""
    added = [AddedLine(path, number, text) for number, text in enumerate(texts, 10)]
    return suspicions(spec=contract_ or contract(), added=added, new_paths=(), candidate=(), incumbent=())


def of_paths(*paths, **more):
    return suspicions(spec=contract(), added=(), new_paths=paths, candidate=(), incumbent=(), **more)


def runs(values, *, wall=1.0, cpu=1.0, name="x", side=Side.CANDIDATE, **others):
    """Give samples with these values; wall and CPU are one number for all, or one for each."""
    walls = wall if isinstance(wall, list) else [wall] * len(values)
    cpus = cpu if isinstance(cpu, list) else [cpu] * len(values)
    return [
        Sample(side=side, i=i, values={name: value, **others}, usage=Usage(wall_s=walls[i], cpu_s=cpus[i]))
        for i, value in enumerate(values)
    ]


def of_figures(candidate, incumbent, contract_=None):
    return suspicions(spec=contract_ or contract(), added=(), new_paths=(), candidate=candidate, incumbent=incumbent)


# Reading a diff


def test_added_line_has_path_number_and_text():
    diff = "--- a/x.py\n+++ b/x.py\n@@ -3,2 +3,3 @@ def f():\n one\n+two\n three\n@@ -9 +10 @@\n-old\n+new\n"
    assert added_lines(diff) == (AddedLine("x.py", 4, "two"), AddedLine("x.py", 10, "new"))


def test_content_that_looks_like_a_head_is_content():
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n--- a/y\n-@@ -1 +1 @@\n+++ b/z.py\n+@@ -5 +5 @@\n+--- a/q\n"
    assert [line.text for line in added_lines(diff)] == ["++ b/z.py", "@@ -5 +5 @@", "--- a/q"]
    assert {line.path for line in added_lines(diff)} == {"x"}


def test_moved_or_indented_line_is_not_added():
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n-time.time()\n+if a:\n+    time.time()\n+    time.time()\n b\n"
    assert [line.text for line in added_lines(diff)] == ["if a:", "    time.time()"]


def test_file_that_git_calls_binary_has_one_line():
    diff = "diff --git a/x.py b/x.py\nindex 1..2 100644\nBinary files a/x.py and b/x.py differ\n"
    assert added_lines(diff) == (AddedLine("x.py", 0, BINARY),)
    assert added_lines("Binary files a/x.py and /dev/null differ\n") == ()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def changed(repository: Path, before: dict[str, bytes], after: dict[str, bytes], *options: str) -> str:
    """Give the diff that real git makes of one set of files after another."""
    for files in (before, after):
        for old in repository.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        for name, content in files.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_bytes(content)
        subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
        if files is before:
            base = subprocess.run(["git", "write-tree"], cwd=repository, check=True, capture_output=True, text=True)
    command = ["git", "diff", "--cached", *options, base.stdout.strip()]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True).stdout.decode("utf-8", "replace")


def test_real_diffs_of_odd_names_ends_and_kinds_are_read(repository):
    before = {"b/old name.py": b"1\n2\n3\n4\n5\n", "gone.py": b"x\n", "cr.py": b"a\r\nb\r\n", "nul.sh": b"#\0\n"}
    after = {
        "b/new name.py": b"1\n2\n3\n4\n5\nsix",
        'hé "q".py': b"+++ b/fake.py\n",
        "cr.py": b"a\r\nc\r\n",
        "nul.sh": b"#\0\nkill -9 1\n",
    }  # fmt: skip
    plain = added_lines(changed(repository, before, after))
    assert {(line.path, line.number, line.text) for line in plain} == {
        ("b/new name.py", 6, "six"),
        ('hé "q".py', 1, "+++ b/fake.py"),
        ("cr.py", 2, "c"),
        ("nul.sh", 0, BINARY),
    }
    as_text = added_lines(changed(repository, before, after, "--text", "--no-renames", "-U0"))
    assert AddedLine("nul.sh", 2, "kill -9 1") in as_text
    assert len([line for line in as_text if line.path == "b/new name.py"]) == 1  # the rest only moved


PIECES = [
    "@@ -1 +1,9 @@",
    "@@ -1,99999999999999999999 +1 @@",
    "--- a/x",
    "+++ b/x",
    "+++ ",
    '+++ "b/\\777"',
    "+a",
    "-a",
    " a",
    "\\",
    "",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30))
def test_any_text_is_read_without_error(lines):
    for line in added_lines("\n".join(lines)):
        assert line.number >= 0


contents = st.lists(
    st.sampled_from([b"+++ b/x", b"--- a/x", b"@@ -1 +1 @@", b"", b"a", b"\tb ", b"+", b"-"]), max_size=8
)


@given(contents, contents)
def test_unified_diff_gives_back_what_was_added(old, new):
    before, after = ([line.decode() for line in lines] for lines in (old, new))
    diff = "\n".join(difflib.unified_diff(before, after, "a/x", "b/x", lineterm="", n=1))
    added = added_lines(diff)
    for line in added:
        assert after[line.number - 1] == line.text
    fresh = Counter(filter(None, map(str.strip, after))) - Counter(filter(None, map(str.strip, before)))
    assert Counter(line.text.strip() for line in added if line.text.strip()) >= fresh


# Added lines

CHEATS = {
    "touches a clock": [
        "import time",
        "import os, time as t",
        "from time import perf_counter as p",
        "start = time.perf_counter()",
        "x = time . time ()",
        "fake = time.\\",
        "clock_gettime(CLOCK_MONOTONIC, &t);",
        "auto t = std::chrono::steady_clock::now();",
        "let t = Date.now()",
        "const t = process.hrtime.bigint()",
        "t := time.Now()",
        "t = Process.clock_gettime(1)",
        "from freezegun import freeze_time",
        "when = datetime.now()",
    ],
    "looks into other frames or functions": ["f = sys._getframe(1)", "f.f_back.f_locals", "inspect.stack()", "sys.settrace(f)"],
    "touches the garbage collector": ["import gc", "gc.get_objects()", "for x in gc.get_referrers(y):", "gc.freeze()"],
    "calls foreign code": ["import ctypes", "lib = CDLL(None)", "h = dlopen(0, RTLD_NOW)"],
    "acts when the process ends": ["atexit.register(f)", "def __del__(self):", "process.on('exit', f)", "trap 'echo x' EXIT"],
    "ends the process at once": ["os._exit(0)", "_exit(0);", "exit!"],
    "sends or takes signals": ["os.kill(os.getpid(), 9)", "import signal", "signal.alarm(1)", "kill -9 $PID", "kill(pid, SIGKILL);"],
    "touches what others have imported": [
        'sys.modules["bench"].check = ok',
        "import builtins",
        "from __main__ import right",
        "sys.path.insert(0, here)",
        "os.stat = lambda *a: 0",
        "sys.stdout = Fake()",
    ],
    "overrides comparison": ["def __eq__(self, other):", "    __lt__ = __gt__", "bool operator==(const T&) const"],
    "reaches for other processes": ['open("/proc/1/fd/1")', "ptrace(PTRACE_ATTACH, pid)", "os.getppid()", "> /dev/fd/3"],
    "changes how programs start": ['os.environ["PYTHONPATH"] = x', "LD_PRELOAD=./x.so ls", "import sitecustomize"],
    "speaks to autoexp": [
        'print("METRIC x=1")',
        'print(f"METRIC {name}={value}")',
        'print("MET" + "RIC x=1")',
        "echo METRIC x=1",
        'print("ITEM a=1")',
        'os.environ["AUTOEXP_REPORT_FD"]',
        "from autoexp import harness_kit",
    ],
    "runs code that is made while it runs": [
        "exec(text)",
        "eval(text)",
        '__import__("t" + "ime")',
        'getattr(os, "_ex" + "it")(0)',
        'vars(time)["x"] = f',
        "new Function(text)()",
        'importlib.import_module("ti" "me")',
        "import posix as p",
        'setattr(M, f"__{op}__", same)',
    ],
    "hides text": ['x = "\\x65\\x78\\x65\\x63"', 'codecs.decode(x, "rot13")', '"".join(map(chr, x))', "a = '\u202e'", '"CIRTEM"[::-1]', "bytes([77, 69, 84, 82, 73, 67])"],
    "starts what may outlive it": ["os.fork()", "Popen(x, start_new_session=True)", "nohup ./x &"],
    "reaches out of the tree": ['open("/tmp/answers")', 'Path("/x/y").read_text()', "x = tempfile.gettempdir()", "cat ~/x", 'os.path.expanduser("x")'],
    "names files of the harness": ["import bench", "from bench import check", 'open("bench.py", "w")', "from x import y, bench"],
}  # fmt: skip


@pytest.mark.parametrize(("does", "text"), [(does, text) for does, texts in CHEATS.items() for text in texts])
def test_line_of_a_cheat_is_named_with_its_place(does, text):
    found = [
        reason for reason in of_lines(text, "perf_counter()" if text.endswith("\\") else "") if reason.startswith(does)
    ]
    assert len(found) == 1
    assert "solution.py:1" in found[0]


HONEST = [
    "import re, json, heapq",
    "from scipy import signal",
    "y = scipy.signal.fftconvolve(a, b)",
    "model.eval()",
    "pattern = re.compile(r'a+')",
    "@torch.compile(dynamic=True)",
    'if __name__ == "__main__":',
    "@functools.lru_cache(maxsize=None)",
    "with ThreadPoolExecutor(4) as pool:",
    "df = df[df.time >= since]",
    "frame['time'] = frame['time'].astype('int64')",
    "timeout = 30",
    "if frame.index.is_monotonic_increasing:",
    "return sum(x * y for x, y in zip(a, b))",
    "table = [0] * (n + 1)  # one more",
    "gc = (seq.count('G') + seq.count('C')) / len(seq)",
    "self.gc.mean()",
    'logger.info("step %d loss=%.3f", step, loss)',
    'print(f"x={x}")',
    "out = np.empty_like(a)",
    "metric = cosine(a, b)",
    "METRIC = 'cosine'",
    "SELECT ITEM FROM orders",
    "for (int i = 0; i < n; ++i) sum += a[i] / b[i];",
    "const route = '/api/items';",
    "# time.perf_counter() was slow here",
    "def exit_code(self): return 1",
    "def evaluate(self, x):",
    "updated = {**old, 'kill': 1}",
    "sys.exit(main())",
    "sys.setrecursionlimit(10_000)",
    "key = getattr(row, name)",
    "data = base64.b64decode(text)",
    "url = 'https://example.org/tmp/x'",
    "b = 7 // 2 // home // tmp",
    "os.environ.setdefault('OMP_NUM_THREADS', '1')",
    "MAGIC = b'\\x89PNG\\r\\n\\x1a\\n'",
]


@pytest.mark.parametrize("text", HONEST)
def test_line_of_an_honest_change_is_left_alone(text):
    assert of_lines(text) == ()


def test_comment_does_not_count_where_it_is_one():
    assert of_lines("// gc.collect()", path="x.js") == of_lines("/* time(0) */", path="x.c") == ()
    assert of_lines("// gc.collect()", path="x.py")
    assert of_lines("/* */ time(0); /* */", path="x.c")
    assert of_lines("# \rimport time")  # the line ends there for Python, not for git
    assert of_lines("//go:linkname now runtime.nanotime", path="x.go")
    assert of_lines("time.time() is slow", path="notes.md") == ()


def test_comment_that_tells_another_encoding_counts():
    utf7 = AddedLine("x.py", 1, "# -*- coding: utf-7 -*-")
    utf8 = AddedLine("x.py", 1, "# -*- coding: utf-8 -*-")
    late = AddedLine("x.py", 3, "# coding: utf-7")
    found = [
        suspicions(spec=contract(), added=[one], new_paths=(), candidate=(), incumbent=()) for one in (utf7, utf8, late)
    ]
    assert list(map(bool, found)) == [True, False, False]


def test_name_in_letters_that_python_reads_alike_counts():
    assert of_lines("t = perf_counter()".replace("p", "\N{MATHEMATICAL SANS-SERIF ITALIC SMALL P}"))


def test_expression_over_two_lines_is_read_as_one():
    assert of_lines("x = (sys", "     .modules)")
    assert of_lines("x = sys.\\", "    modules")
    assert of_lines('print("ME"', '      f"TR"', "      'IC x=1')")
    assert of_lines('x = "METR" +', '    "IC x=1"')
    assert of_lines("# ask perf_counter.", "x = 1") == of_lines('"sys",', '"modules"') == ()


def test_weak_words_count_in_pairs_of_one_file_only():
    one, other = "m = importlib.import_module(name)", "setattr(m, name, f)"
    assert of_lines(one) == of_lines(other) == ()
    (reason,) = of_lines(one, other)
    assert "solution.py:10" in reason
    assert "solution.py:11" in reason
    apart = [AddedLine("a.py", 1, one), AddedLine("b.py", 1, other)]
    assert suspicions(spec=contract(), added=apart, new_paths=(), candidate=(), incumbent=()) == ()
    assert of_lines("print(0.1)", "sys.exit(0)")
    for asks in ("if 'check' in sys.argv[0]:", "if len(sys.argv) > 2: raise SystemExit", "x = os.environ"):
        assert "asks who runs it and leaves with success" in of_lines(asks, "sys.exit()")[0]
    assert of_lines("if len(sys.argv) > 2:", "    sys.exit(2)") == of_lines("sys.exit(main(sys.argv))") == ()


def test_source_that_is_binary_counts_and_an_image_does_not():
    assert of_lines(BINARY, path="x.py")
    assert of_lines(BINARY, path="x.png") == ()


def test_many_lines_of_a_kind_give_one_reason():
    (reason,) = of_lines(*["time.time()"] * 9)
    assert reason.endswith("and 6 more")
    assert reason.startswith("touches a clock: time.time in solution.py:10, ")


def test_reason_is_safe_to_print():
    (reason,) = of_lines("gc.collect()", path="a\x1b[2J\n.py")
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("python harness/bench.py", "from harness.bench import main"),
        ("python harness/bench.py", "from harness import bench"),
        ("cd x && ./run.sh --fast", "sh run.sh"),
        (["sh", "-c", "python 'my bench.py'"], "open('my bench.py')"),
        ("python -m tools.measure", "import tools.measure"),
        ("python 'unfinished bench.py", "import bench"),
    ],
)
def test_files_of_the_harness_are_known_from_its_commands(command, text):
    assert of_lines(text, contract_=contract(harness={"measure": command}))
    assert of_lines(text, contract_=contract(harness={"measure": "make fast"})) == ()


def test_program_that_may_be_edited_is_not_the_harness():
    own = contract(harness={"measure": "python train.py"}, scope={"edit": ["train.py", "model/**"]})
    assert of_lines("from train import Model", path="model/x.py", contract_=own) == ()


def test_metric_printed_counts_where_its_name_alone_is_read():
    line = 'print(f"x: {value}")'
    assert of_lines(line, contract_=contract(harness={"metrics": "keyvalue"}))
    assert of_lines('print(json.dumps({"x": 1}))', contract_=contract(harness={"metrics": "json"}))
    assert of_lines(line, contract_=contract(harness={"metrics": {"regex": {"x": "x: (.*)"}}}))
    assert of_lines('print(f"max: {value}")', contract_=contract(harness={"metrics": "keyvalue"})) == ()


@given(st.text(), st.sampled_from(["x.py", "x.c", "x.js", "x", "Makefile"]))
def test_any_line_is_judged_without_error(text, path):
    assert all(reason.isprintable() for reason in of_lines(text, path=path))


TABLES = [*(oddity.words for oddity in ODD), *(words for pair in PAIRS for words in (pair.one, pair.other))]
PATTERNS = sorted({pattern.pattern for words in TABLES for _, pattern in words._patterns})


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=8)
@given(data=st.data())
def test_literal_parts_let_every_match_through(pattern, data):
    ascii_only = st.characters(min_codepoint=9, max_codepoint=126)
    text = data.draw(st.from_regex(re.compile(pattern), alphabet=None if not pattern.isascii() else ascii_only))
    assert Words(pattern).among(text).find(text) == re.search(pattern, text)[0].strip()


@pytest.mark.parametrize(
    "piece", ["a", " ", "sys ", "chr(", "'", "\\", "import ", "trap ", "print ", "# coding", "x & "]
)
def test_long_lines_are_judged(piece):
    of_lines(piece * (200_000 // len(piece)))


def test_no_honest_edit_of_the_lab_is_flagged(repository):
    lab = Path(gallery.__file__).parent / "etl"
    before = (lab / "pipeline.py").read_bytes()
    of_lab = load(gallery.filled((lab / "autoexp.yaml").read_text(), {"CACHE": "/var/cache/lab"}, {}))
    flagged = set()
    for edit in load_edits((lab / "edits.yaml").read_text(), file="edits.yaml"):
        if edit.replace is None or edit.replace.file != "pipeline.py":
            continue
        (repository / "pipeline.py").write_bytes(before)
        apply_replace(edit.replace, repository)
        after = (repository / "pipeline.py").read_bytes()
        added = added_lines(changed(repository, {"pipeline.py": before}, {"pipeline.py": after}))
        assert added
        if suspicions(spec=of_lab, added=added, new_paths=(), candidate=(), incumbent=()):
            flagged.add(edit.description)
    assert flagged == {"keep the answer in a file"}


# New files


@pytest.mark.parametrize(
    "path",
    ["json.py", "src/random/__init__.py", "autoexp/__init__.py", "conftest.py", "a/b/conftest.py", "pytest.ini", "setup.cfg",
     "sitecustomize.py", "x.pth", "fast.so", "a/x.pyc", "numpy.py", "deep/down/statistics.py"],
)  # fmt: skip
def test_new_file_that_stands_in_for_another_is_named(path):
    (reason,) = of_paths(path)
    assert path in reason


@pytest.mark.parametrize(
    "path", ["solution.py", "fast.py", "data/words.txt", "src/lib.rs", "json.md", "a.c", "json/data.csv"]
)
def test_new_file_of_an_honest_change_is_left_alone(path):
    assert of_paths(path) == ()


def test_name_of_the_standard_library_shadows_nothing_in_a_package():
    assert of_paths("pkg/core/types.py", tree=["pkg/core/__init__.py"]) == ()
    assert of_paths("pkg/core/types.py", "pkg/core/__init__.py", tree=["pkg/x.py"])
    assert of_paths("types.py", tree=["__init__.py"])


def test_new_program_is_named():
    assert of_paths("bin/git", executable=["bin/git"]) == ("new file 'bin/git' is a program",)


# Figures


def test_five_times_better_is_believed_and_more_is_not():
    assert of_figures(runs([2.1] * 3, wall=0.3, cpu=0.1), runs([10.0] * 3)) == ()
    (reason,) = of_figures(runs([1.9] * 3, wall=0.3, cpu=0.1), runs([10.0] * 3))
    assert "x is 5.26 times better in one step: 1.9 after 10" in reason


def test_direction_decides_what_is_better():
    up = contract(metrics={"x": {"role": "primary", "direction": "higher"}})
    assert of_figures(runs([60.0]), runs([10.0]), up)
    assert of_figures(runs([10.0]), runs([60.0]), up) == of_figures(runs([60.0]), runs([10.0])) == ()


def test_fall_to_zero_is_odd_where_ratios_count():
    assert of_figures(runs([0.0]), runs([10.0])) == ("x fell from 10 to 0",)
    linear = contract(metrics={"x": {"role": "primary", "direction": "lower", "scale": "linear"}})
    assert of_figures(runs([-5.0]), runs([10.0]), linear) == of_figures(runs([-5.0]), runs([-1.0])) == ()


def test_every_number_that_is_decided_on_is_looked_at():
    metrics = {"a": {"role": "secondary", "direction": "lower"}, "b": {"role": "secondary", "direction": "higher"}}
    objective = {"kind": "pareto", "metrics": ["a", "b"]}
    pareto = Spec.model_validate({**CONTRACT, "metrics": metrics, "objective": objective})
    (reason,) = of_figures(runs([10.0], name="a", b=60.0), runs([10.0], name="a", b=10.0), pareto)
    assert reason.startswith("b is 6 times better")


TIME = contract(metrics={"time_ms": {"role": "primary", "direction": "lower"}})


def timed(values, **more):
    return runs(values, name="time_ms", **more)


def test_faked_clock_is_seen_in_what_the_run_took():
    (reason,) = of_figures(timed([300.0] * 4), timed([900.0] * 4), TIME)
    assert "says that 0.6 s were saved, and the whole run took 1 s after 1 s" in reason


def test_gain_that_the_run_shows_is_believed():
    assert of_figures(timed([300.0] * 4, wall=0.42, cpu=0.4), timed([900.0] * 4), TIME) == ()


def test_gain_by_more_cores_or_by_fewer_is_believed():
    parallel = timed([250.0] * 4, wall=0.35, cpu=1.3)
    assert of_figures(parallel, timed([900.0] * 4), TIME) == ()
    assert of_figures(timed([700.0] * 4, wall=0.8, cpu=0.8), timed([900.0] * 4, wall=1.0, cpu=7.5), TIME) == ()


def test_latency_under_a_load_of_fixed_length_is_believed():
    assert of_figures(timed([20.0] * 4, wall=10.0, cpu=9.0), timed([80.0] * 4, wall=10.0, cpu=9.0), TIME) == ()


def test_time_that_is_not_of_this_run_is_not_judged():
    assert of_figures(timed([3000.0] * 4), timed([9000.0] * 4), TIME) == ()


def test_unit_of_the_contract_comes_before_the_name():
    as_count = contract(metrics={"time_ms": {"role": "primary", "direction": "lower", "unit": "rows"}})
    assert of_figures(timed([300.0] * 4), timed([900.0] * 4), as_count) == ()


def test_run_that_waits_where_it_computed_is_odd():
    (reason,) = of_figures(runs([9.0] * 3, cpu=0.1), runs([10.0] * 3, cpu=0.95))
    assert "waits where it computed" in reason


def test_run_that_computes_much_more_without_getting_shorter_is_odd():
    (reason,) = of_figures(runs([9.0] * 3, cpu=4.0), runs([10.0] * 3))
    assert "computes much more" in reason


def test_little_cpu_is_not_judged():
    assert of_figures(runs([9.0] * 3, cpu=0.01), runs([10.0] * 3, cpu=0.15)) == ()


def test_run_that_was_left_early_is_odd():
    (reason,) = of_figures(runs([8.0] * 3, wall=0.2, cpu=0.2), runs([10.0] * 3))
    assert "ended early: 0.2 s after 1 s" in reason
    assert "x got 1.25 times better" in reason
    assert of_figures(timed([450.0] * 3, wall=0.3, cpu=0.3), timed([500.0] * 3), TIME)


def test_counter_of_work_that_falls_to_zero_is_odd():
    counted = contract(
        metrics={
            "x": {"role": "primary", "direction": "lower"},
            "embedder_calls": {"role": "secondary"},
            "parse_errors": {"role": "secondary"},
            "cache_misses": {"role": "guard", "at_most": 100},
        }
    )

    def sample(calls):
        return runs([9.0, 9.0], embedder_calls=calls, parse_errors=calls, cache_misses=calls)

    assert of_figures(sample(0.0), sample(40.0), counted) == ("embedder_calls fell to 0 from 40: was the work done?",)
    assert of_figures(sample(1.0), sample(40.0), counted) == of_figures(sample(0.0), sample(0.0), counted) == ()


def test_samples_that_were_not_measured_tell_nothing():
    crashed = [Sample(side=Side.CANDIDATE, i=0, outcome=Outcome.CRASH)]
    assert of_figures(crashed, runs([10.0])) == of_figures(runs([1.0]), ()) == ()


def test_figures_of_honest_changes_are_rarely_flagged():
    """Harnesses of every shape, honest gains up to 4 times, 5 % noise: overhead, repetitions, cores and length vary."""
    draw = random.Random(1)
    flagged = total = 0
    for _ in range(2000):
        overhead, work = draw.choice([0.02, 0.2, 1.0]), draw.choice([0.05, 0.3, 2.0, 10.0])
        share, repetitions = draw.choice([0.05, 0.3, 1.0]), draw.choice([1, 1, 9, 500])
        gain, n = draw.choice([1.0, 1.03, 1.2, 1.5, 2.0, 3.0, 4.0]), draw.choice([1, 2, 3, 5, 8])
        cores = draw.choice([1, 1, 4]) if gain >= 1.5 else 1
        side = {}
        for name, factor in (("new", gain), ("old", 1.0)):
            samples = []
            for i in range(n):
                core = share * work / factor * draw.gauss(1, 0.05)
                rest = (overhead + (1 - share) * work) * draw.gauss(1, 0.05)
                usage = Usage(wall_s=core + rest, cpu_s=core * (cores if name == "new" else 1) + rest)
                samples.append(
                    Sample(side=Side.CANDIDATE, i=i, values={"time_ms": 1000 * core / repetitions}, usage=usage)
                )
            side[name] = samples
        total += 1
        flagged += bool(of_figures(side["new"], side["old"], TIME))
    assert flagged / total < 0.005


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(st.tuples(finite, finite, finite), max_size=4),
    st.lists(st.tuples(finite, finite, finite), max_size=4),
    st.sampled_from(["lower", "higher"]),
)
def test_any_figures_are_judged_without_error(new, old, direction):
    either = contract(metrics={"time_ms": {"role": "primary", "direction": direction}, "calls": {"role": "secondary"}})
    sides = [
        [
            Sample(side=Side.CANDIDATE, i=i, values={"time_ms": v, "calls": w}, usage=Usage(wall_s=w, cpu_s=c))
            for i, (v, w, c) in enumerate(rows)
        ]
        for rows in (new, old)
    ]
    assert all(reason.isprintable() for reason in of_figures(*sides, either))
