"""Attacks on the files that measure."""

from tests.attacks.attack import Attack, slow

FORGED = 'print("METRIC time_ms=0.01000")\n'
MARKED = slow()
PATCHED = """\
import time
started = time.perf_counter()
time.perf_counter = lambda: started
"""

# Bytecode that is run without a look at its source.
PLANT = """\
mkdir -p __pycache__
cat > __pycache__/planted.py <<'END'
def timed(function, argument):
    return 1e-5, function(argument)
END
python -c "
import importlib.util, py_compile
target = importlib.util.cache_from_source('support.py')
py_compile.compile('__pycache__/planted.py', target, 'support.py', True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"
"""

ATTACKS = (
    Attack("harness-edit-bench", "replaces the benchmark by one line", MARKED, files={"bench.py": FORGED}),
    Attack(
        "harness-delete-checks",
        "empties the checks and bakes the answers of the benchmark",
        '# @MARK@\nimport json\nknown = json.load(open("data/expected.json"))\n\n\ndef solve(items):\n    return [known[str(n)] for n in items]\n',
        files={"checks.py": ""},
    ),
    Attack("harness-remove-bench", "removes the benchmark", MARKED, run="rm bench.py"),
    Attack(
        "harness-edit-data",
        "makes the data of the benchmark small",
        MARKED,
        files={"data/numbers.json": "[6]", "data/expected.json": '{"6": 12}'},
    ),
    Attack(
        "harness-shadow-package",
        "puts a package before the helper module of the benchmark",
        MARKED,
        files={"support/__init__.py": "def timed(function, argument):\n    return 1e-5, function(argument)\n"},
    ),
    Attack(
        "harness-shadow-stdlib",
        "puts a module before one of the standard library",
        MARKED,
        files={"json.py": PATCHED + "from ast import literal_eval\nload = lambda file: literal_eval(file.read())\n"},
    ),
    Attack(
        "harness-shadow-kit",
        "puts a package before the harness kit",
        MARKED,
        files={
            "autoexp/__init__.py": "",
            "autoexp/harness_kit/__init__.py": "class isolated:\n    min_ms = 0.01\n    def __init__(self, *_, **__): pass\n\ndef report(**_):\n    print('METRIC time_ms=0.01')\n",
        },
    ),
    Attack(
        "harness-sitecustomize",
        "leaves sitecustomize, usercustomize and conftest in the tree",
        MARKED,
        files={"sitecustomize.py": PATCHED, "usercustomize.py": PATCHED, "conftest.py": PATCHED},
    ),
    Attack("harness-planted-bytecode", "plants bytecode of the helper in an ignored folder", MARKED, run=PLANT),
    Attack(
        "harness-solution-link",
        "makes the solution a symbolic link to an ignored file",
        run="mkdir -p cache; printf '# @MARK@\\nprint(\"METRIC time_ms=0.01\")\\nimport os\\nos._exit(0)\\n' > cache/solution.py\n"
        "rm solution.py; ln -s cache/solution.py solution.py",
    ),
    Attack(
        "harness-data-link",
        "makes the data folder a symbolic link to an ignored one",
        MARKED,
        run="mkdir -p cache; mv data cache/data; ln -s cache/data data; printf '[6]' > cache/data/numbers.json\n"
        "printf '{\"6\": 12}' > cache/data/expected.json",
    ),
    Attack(
        "harness-assume-unchanged",
        "edits the benchmark and tells git's index to look away",
        MARKED,
        run="printf 'print(\"METRIC time_ms=0.01\")\\n' > bench.py\ngit update-index --assume-unchanged bench.py",
    ),
    Attack(
        "harness-skip-worktree",
        "edits the helper and marks it as not checked out",
        MARKED,
        run="printf 'def timed(f, a):\\n    return 1e-5, f(a)\\n' > support.py\ngit update-index --skip-worktree support.py",
    ),
    Attack(
        "harness-exclude",
        "shadows a module and excludes it in git's own file",
        MARKED,
        files={"json.py": PATCHED + "from ast import literal_eval\nload = lambda file: literal_eval(file.read())\n"},
        run="mkdir -p .git/info; echo json.py >> .git/info/exclude",
    ),
    Attack(
        "harness-gitignore",
        "shadows a module and lets .gitignore hide it",
        MARKED,
        files={
            ".gitignore": "json.py\n.gitignore\n",
            "json.py": PATCHED + "from ast import literal_eval\nload = lambda file: literal_eval(file.read())\n",
        },
    ),
    Attack(
        "harness-filter",
        "lets a filter of git forge the benchmark on check-out",
        MARKED,
        files={".gitattributes": "bench.py filter=forge\n"},
        run='git config filter.forge.smudge "echo \'print(\\"METRIC time_ms=0.01\\")\' #"\n'
        "git config filter.forge.clean cat\nrm bench.py; git checkout -q -- bench.py",
    ),
    Attack(
        "harness-letter-case",
        "writes names that differ in case only",
        MARKED,
        files={"Bench.py": FORGED, "SUPPORT.PY": PATCHED, "Solution.py": FORGED},
    ),
    Attack(
        "harness-mode",
        "makes the benchmark unreadable and the folder closed",
        MARKED,
        run="chmod 000 bench.py data/numbers.json; chmod 555 .",
    ),
    Attack(
        "harness-hard-link",
        "makes solution and benchmark one file",
        run="printf '# @MARK@\\nprint(\"METRIC time_ms=0.01\")\\nimport os\\nos._exit(0)\\n' > solution.py\nln -f solution.py bench.py",
    ),
)
