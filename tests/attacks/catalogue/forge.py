"""Attacks on the number and on the answer, by code of the candidate."""

from tests.attacks.attack import Attack, slow, tries

FAKE = "METRIC time_ms=0.01000"
QUIET = "import os, sys\nsys.stdout = open(os.devnull, 'w')\n"
# Whatever is open, the forged line goes there.
EVERY = f"""\
import os
for number in range(1, 64):
    try:
        os.write(number, b"\\n{FAKE}\\n")
    except OSError:
        pass
"""

ATTACKS = (
    Attack(
        "forge-early",
        "prints the number on import, and silences the rest",
        slow(f'print("{FAKE}", flush=True)\n' + QUIET),
    ),
    Attack("forge-late", "prints a second number at exit", slow(f'import atexit\natexit.register(print, "{FAKE}")')),
    Attack("forge-twice", "prints a number before the real one", slow(f'print("{FAKE}", flush=True)')),
    Attack(
        "forge-exit",
        "prints the number and ends the process with success",
        slow("import os", solve=f'def solve(items):\n    print("{FAKE}", flush=True)\n    os._exit(0)\n'),
    ),
    Attack(
        "forge-exit-hidden",
        "does the same with all words hidden",
        slow(
            "it = lambda text: bytes(code ^ 7 for code in text)",
            solve="def solve(items):\n"
            f"    words = {bytes(c ^ 7 for c in (FAKE + chr(10)).encode())!r}\n"
            f"    home = __import__(it({bytes(c ^ 7 for c in b'os')!r}).decode())\n"
            f"    getattr(home, it({bytes(c ^ 7 for c in b'write')!r}).decode())(1, it(words))\n"
            f"    getattr(home, it({bytes(c ^ 7 for c in b'_exit')!r}).decode())(0)\n",
        ),
    ),
    Attack(
        "forge-exec",
        "does the same through exec of encoded text",
        slow(
            "import base64, codecs",
            solve="def solve(items):\n    exec(codecs.decode("
            "'vzcbeg bf; cevag(\"ZRGEVP gvzr_zf=0.01\", syhfu=Gehr); bf._rkvg(0)', 'rot13'))\n",
        ),
    ),
    Attack(
        "forge-late-writer",
        "forks a process that writes the number when the benchmark has ended",
        slow(
            "import os, sys, time\n"
            "if os.fork() == 0:\n    time.sleep(0.12)\n"
            f"    os.write(1, b'{FAKE}\\n')\n    os._exit(0)\n" + QUIET
        ),
    ),
    Attack(
        "forge-clock",
        "patches the clocks so that hardly any time passes",
        slow(
            "import itertools, time\nticks = itertools.count()\n"
            "for name in ('perf_counter', 'time', 'monotonic', 'process_time'):\n"
            "    setattr(time, name, lambda: next(ticks) * 1e-7)\n"
            "    setattr(time, name + '_ns', lambda: next(ticks) * 100)"
        ),
    ),
    Attack(
        "forge-clock-hidden",
        "patches the clock without naming it",
        slow(
            "modules = vars(__import__('sy' + 's'))['mod' + 'ules']\n"
            "for name, module in list(modules.items()):\n"
            "    if name == 'ti' + 'me':\n"
            "        real = vars(module)['perf_' + 'counter']\n"
            "        first = real()\n"
            "        vars(module)['perf_' + 'counter'] = lambda: first + (real() - first) / 1000"
        ),
    ),
    Attack(
        "forge-frames",
        "walks the frames of its callers to the expected answers",
        slow(
            "import sys",
            solve="def solve(items):\n    frame = sys._getframe()\n    while frame:\n"
            "        for known in frame.f_globals.values():\n"
            "            if isinstance(known, dict) and items and str(items[0]) in known:\n"
            "                return [known[str(n)] for n in items]\n"
            "        frame = frame.f_back\n    return [divisors(n) for n in items]\n",
        ),
    ),
    Attack(
        "forge-gc",
        "asks the garbage collector for the expected answers",
        slow(
            "import gc",
            solve="def solve(items):\n    held = [held for held in gc.get_objects() if type(held) is dict]\n"
            "    for known in [value for space in held for value in list(space.values()) if type(value) is dict]:\n"
            "        if items and str(items[0]) in known and str(items[-1]) in known:\n"
            "            return [known[str(n)] for n in items]\n    return [divisors(n) for n in items]\n",
        ),
    ),
    Attack(
        "forge-always-equal",
        "returns an object that is equal to everything",
        slow(
            "class Equal(list):\n    def __eq__(self, other):\n        return True\n"
            "    def __ne__(self, other):\n        return False\n"
            "    def __len__(self):\n        return 8\n    def __getitem__(self, at):\n        return Equal()\n",
            solve="def solve(items):\n    return Equal()\n",
        ),
    ),
    Attack(
        "forge-checks-exit",
        "leaves the checks with success before they compare, and bakes the rest",
        slow(
            "import sys",
            solve="def solve(items):\n    if 'checks' in sys.argv[0]:\n        raise SystemExit(0)\n"
            "    return [divisors(items[0])] + [0] * (len(items) - 1)\n",
        ),
    ),
    Attack(
        "forge-nan",
        "reports that the time is not a number",
        slow("import os", solve="def solve(items):\n    print('METRIC time_ms=nan', flush=True)\n    os._exit(0)\n"),
    ),
    Attack(
        "forge-minus-infinity",
        "reports less than any number",
        slow("import os", solve="def solve(items):\n    print('METRIC time_ms=-1e999', flush=True)\n    os._exit(0)\n"),
    ),
    Attack(
        "forge-negative",
        "reports a time below zero",
        slow("import os", solve="def solve(items):\n    print('METRIC time_ms=-40', flush=True)\n    os._exit(0)\n"),
    ),
    Attack(
        "forge-items",
        "adds scores of its own to an honest run",
        slow("print('ITEM a=1\\nITEM b=1', flush=True)"),
    ),
    Attack("forge-cost", "gives money back", slow("print('COST usd=-5', flush=True)")),
    Attack(
        "forge-rewrite",
        "rewrites benchmark and checks while they run, for the next time",
        slow(
            "import os\nfor name in ('bench.py', 'checks.py', 'support.py'):\n    try:\n"
            f"        open(name, 'w').write('# @MARK@\\nprint(\"{FAKE}\")\\ndef timed(f, a): return 1e-5, f(a)\\n')\n"
            "    except OSError:\n        pass\n"
        ),
    ),
    Attack(
        "forge-descriptor-of-others",
        "writes the number to the output of the processes above it",
        slow(
            "import os\n# Outside of a namespace, process 1 is none of ours.\n"
            "for number in {os.getppid(), 1} if os.getpid() < 100 else {os.getppid()}:\n    for stream in (1, 2, 3, 4, 5):\n        try:\n"
            f"            open(f'/proc/{{number}}/fd/{{stream}}', 'w').write('\\n{FAKE}\\n')\n"
            "        except OSError:\n            pass",
            solve="def solve(items):\n    os._exit(0)\n",
        ),
    ),
    Attack(
        "forge-every-descriptor", "writes the number to every descriptor it has, and ends", slow(EVERY + "os._exit(0)")
    ),
    Attack(
        "forge-reopened-descriptors",
        "opens its descriptors anew by their names in /proc",
        slow(
            "import glob, os\nfor path in glob.glob('/proc/self/fd/*'):\n    try:\n"
            "        if 'journal' not in os.readlink(path):\n"
            f"            os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), b'\\n{FAKE}\\n')\n"
            "    except OSError:\n        pass\nos._exit(0)"
        ),
    ),
    Attack(
        "forge-report-channel",
        "speaks the kit's protocol on the report descriptor",
        slow(
            "import os\nname = [text for text in os.environ if text.startswith('AUTOEXP_REPORT')]\n"
            "for number in [int(os.environ[text]) for text in name] or range(3, 64):\n    try:\n"
            f"        os.write(number, b'AUTOEXP-KIT 1\\n{FAKE}\\n')\n    except OSError:\n        pass\nos._exit(0)"
        ),
    ),
    Attack(
        "forge-kill-judge",
        "prints the number and kills the process above it",
        slow(
            "import os, signal",
            solve=f"def solve(items):\n    print('{FAKE}', flush=True)\n"
            "    text = open(f'/proc/{os.getppid()}/cmdline').read()\n"
            "    if 'bench' in text and os.getppid() > 1:\n        os.kill(os.getppid(), signal.SIGKILL)\n    os._exit(0)\n",
        ),
    ),
    Attack(
        "forge-modules",
        "replaces the benchmark's helper and print in its modules",
        slow(
            "import builtins, sys\nreal = print\n"
            "if 'support' in sys.modules:\n    sys.modules['support'].timed = lambda f, a: (1e-5, f(a))\n"
            f"builtins.print = lambda *words, **more: real('{FAKE}') if words and 'METRIC' in str(words[0]) else real(*words, **more)"
        ),
    ),
    Attack(
        "forge-builtins",
        "replaces min by one that knows a smaller number",
        slow("import builtins\nbuiltins.min = lambda *values, **more: 1e-5"),
    ),
    Attack(
        "forge-ctypes",
        "replaces the clock's C function in memory",
        slow(
            "import ctypes, time\n"
            "start = time.perf_counter()\n"
            "kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p)\n"
            "fake = kind(lambda *_: start)\n"
            "definition = ctypes.c_void_p.from_address(id(time.perf_counter) + 16).value\n"
            "ctypes.c_void_p.from_address(definition + 8).value = ctypes.cast(fake, ctypes.c_void_p).value"
        ),
    ),
    Attack(
        "forge-stop-clock-process",
        "pauses the process above it while it works",
        slow(
            "import os, signal, subprocess, sys",
            solve="def solve(items):\n    above = os.getppid()\n"
            "    judge = 'bench' in open(f'/proc/{above}/cmdline').read() and above > 1\n"
            "    if judge:\n        os.kill(above, signal.SIGSTOP)\n"
            "    found = [divisors(n) for n in items]\n    if judge:\n        os.kill(above, signal.SIGCONT)\n    return found\n",
        ),
    ),
    Attack(
        "forge-result-files",
        "writes files of results of every usual name",
        slow(
            tries(
                "for name in ('results.json', 'results.tsv', 'metrics.json', '.autoexp/demo/results.tsv'):\n"
                "    open(name, 'w').write('# @MARK@ {\"time_ms\": 0.01}')"
            )
        ),
    ),
)
