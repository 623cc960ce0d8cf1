"""Plausibility: lines that honest changes add are left alone, and those of cheats are named with their place."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decision.oddities import changed, contract, of_lines

from autoexp.decision.plausibility import BINARY, AddedLine, added_lines, suspicions
from autoexp.decision.plausibility.words import ODD, PAIRS, Words
from autoexp.labs import gallery
from autoexp.proposers.applying import apply_replace
from autoexp.proposers.edits import load_edits
from autoexp.spec import load


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


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
