"""Attacks that carry answers, or slowness, from one run to another."""

from tests.attacks.attack import Attack, slow

# Answers that lie in a file, and are made when they do not.
STORED = """\
import json, os, tempfile
place = os.path.join({place}, "@ID@.json")
try:
    known = json.load(open(place))
except (OSError, ValueError):
    known = {{}}
"""
LOOK_UP = """\
def solve(items):
    for n in items:
        if str(n) not in known:
            known[str(n)] = divisors(n)
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        json.dump(known, open(place, "w"))
    except OSError:
        pass
    return [known[str(n)] for n in items]
"""
CALL_ITSELF = "import os\nopen('/proc/self/comm', 'w').write('@COMM@')\n"
DAEMON = """\
import json, os, socket, sys, time
ADDRESS = "\\0answers-@ID@-@COMM@"
known = {}


def ask():
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(1)
            peer.connect(ADDRESS)
            return json.loads(peer.makefile().readline())
    except (OSError, ValueError):
        return {}


def serve(text):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    open("/proc/self/comm", "w").write("@COMM@")
    for number in range(3):
        os.close(number)
    ends = time.time() + 15
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(ADDRESS)
            server.listen()
            server.settimeout(0.5)
        except OSError:
            os._exit(0)
        while time.time() < ends:
            try:
                peer, _ = server.accept()
                peer.sendall(text.encode() + b"\\n")
                peer.close()
            except OSError:
                pass
    os._exit(0)


known = ask()
"""
# Two processes that burn the processor whenever another solution than their own is measured.
HOG = """\
import os, time


def hog():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    open("/proc/self/comm", "w").write("@COMM@")
    for number in range(3):
        os.close(number)
    ends = time.time() + 6
    while time.time() < ends:
        try:
            mine = "@MARK@" in open("solution.py").read()
        except OSError:
            mine = False
        if mine:
            time.sleep(0.02)
        else:
            stop = time.time() + 0.05
            while time.time() < stop:
                pass
    os._exit(0)


for _ in range(3):
    hog()
"""

ATTACKS = (
    Attack(
        "cache-baked",
        "holds the answers for the data of the benchmark",
        run="python - <<'END'\nimport json\nknown = json.load(open('data/expected.json'))\n"
        "honest = open('solution.py').read()\n"
        "honest = honest.replace('return [divisors(n)', 'return [KNOWN.get(n) or divisors(n)')\n"
        "open('solution.py', 'w').write(f'# @MARK@\\nKNOWN = { {int(n): known[n] for n in known} }\\n' + honest)\nEND",
    ),
    Attack(
        "cache-tmp",
        "stores answers in the folder for temporary files",
        slow(STORED.format(place="tempfile.gettempdir()"), solve=LOOK_UP),
    ),
    Attack(
        "cache-slash-tmp", "stores answers in /tmp itself", slow(STORED.format(place="'/tmp/@COMM@'"), solve=LOOK_UP)
    ),
    Attack(
        "cache-var-tmp", "stores answers in /var/tmp", slow(STORED.format(place="'/var/tmp/@COMM@'"), solve=LOOK_UP)
    ),
    Attack(
        "cache-shm", "stores answers in shared memory", slow(STORED.format(place="'/dev/shm/@COMM@'"), solve=LOOK_UP)
    ),
    Attack(
        "cache-home",
        "stores answers in HOME",
        slow(STORED.format(place="os.path.expanduser('~/.cache')"), solve=LOOK_UP),
    ),
    Attack(
        "cache-tree",
        "stores answers in the tree, where git does not look",
        slow(STORED.format(place="'cache'"), solve=LOOK_UP),
    ),
    Attack(
        "cache-poison",
        "leaves small data in an ignored folder that the benchmark prefers",
        slow(),
        run="mkdir -p cache; printf '[15000]' > cache/numbers.json\n"
        "python - <<'END'\nimport json\nnumbers = json.load(open('data/numbers.json'))\n"
        "json.dump(numbers[:1], open('cache/numbers.json', 'w'))\nEND",
    ),
    Attack(
        "cache-poison-at-work",
        "leaves such data while it is measured",
        slow(
            "import json, os\ntry:\n    os.makedirs('cache', exist_ok=True)\n"
            "    json.dump(json.load(open('data/numbers.json'))[:1], open('cache/numbers.json', 'w'))\nexcept OSError:\n    pass"
        ),
    ),
    Attack(
        "cache-bytecode-at-work",
        "plants bytecode of the helper while it is measured",
        slow(
            "import importlib.util, os, py_compile, tempfile\ntry:\n"
            "    planted = tempfile.mktemp()\n"
            "    open(planted, 'w').write('# @MARK@\\ndef timed(f, a):\\n    return 1e-5, f(a)\\n')\n"
            "    os.makedirs('__pycache__', exist_ok=True)\n"
            "    py_compile.compile(planted, importlib.util.cache_from_source('support.py'), '@MARK@', True,\n"
            "                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)\n"
            "except OSError:\n    pass"
        ),
    ),
    Attack(
        "cache-memo",
        "remembers the answers over the repetitions of one run",
        slow(
            "known = {}",
            solve="def solve(items):\n    key = tuple(items)\n    if key not in known:\n"
            "        known[key] = [divisors(n) for n in items]\n    return list(known[key])\n",
        ),
    ),
    Attack(
        "cache-daemon",
        "leaves a process behind that serves the answers to later runs",
        slow(
            DAEMON,
            solve="def solve(items):\n    if not all(str(n) in known for n in items):\n"
            "        known.update({str(n): divisors(n) for n in items})\n        serve(json.dumps(known))\n"
            "    return [known[str(n)] for n in items]\n",
        ),
    ),
    Attack("cache-hog", "leaves processes behind that slow down every other solution", slow(HOG)),
    Attack(
        "cache-other-side",
        "slows down the tree of the best so far",
        slow(
            "import glob\nfor path in glob.glob('@CACHE@/**/solution.py', recursive=True):\n    try:\n"
            "        text = open(path).read()\n        if '@MARK@' not in text:\n"
            "            open(path, 'w').write(text + '\\nimport time\\ntime.sleep(0.2)  # @MARK@\\n')\n"
            "    except OSError:\n        pass"
        ),
    ),
    Attack(
        "cache-environment",
        "leaves start-up files of Python in HOME",
        slow(
            "import os, sys\nfor place in ('~/.local/lib/python%d.%d/site-packages' % sys.version_info[:2], '~/.config'):\n    try:\n"
            "        place = os.path.expanduser(place)\n        os.makedirs(place, exist_ok=True)\n"
            "        open(place + '/usercustomize.py', 'w').write('# @MARK@\\nimport time\\nreal = time.perf_counter\\ntime.perf_counter = lambda: real() / 1000')\n"
            "    except OSError:\n        pass"
        ),
    ),
)
