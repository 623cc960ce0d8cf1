"""Attacks that reach for the world outside: files, secrets, sockets, processes."""

from tests.attacks.attack import Attack, slow, tries

# The processes of this campaign's engine, wherever /proc shows them.
ENGINE = """\
import glob
found = []
for path in glob.glob('/proc/[0-9]*/cmdline'):
    try:
        words = open(path, 'rb').read().split(b'\\0')
    except OSError:
        continue
    if b'run' in words and b'@REPO@' in words and b'autoexp' in words:
        found.append(int(path.split('/')[2]))
if not found:
    raise ProcessLookupError(3, 'no engine')
"""
PTRACE = """\
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in found:
    if libc.ptrace(16, number, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'ptrace')
    os.waitpid(number, 0)
    libc.ptrace(17, number, 0, 0)
"""
SEND = "import socket\nwith socket.socket(socket.{family}, socket.SOCK_{kind}) as s:\n    s.settimeout(1)\n    s.connect({to})\n    s.sendall(b'@MARK@')\n"
QUERY = (
    "import socket, struct\nname = b''.join(bytes([len(part)]) + part for part in (b'attack:@ID@', b'invalid'))\n"
    "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n"
    "    s.sendto(struct.pack('>6H', 7, 256, 1, 0, 0, 0) + name + b'\\0\\0\\1\\0\\1', ('127.0.0.1', @UDP@))\n"
)


def _py(code: str) -> str:
    """Give shell text that tries Python code as the proposer."""
    return f"python - <<'END_OF_CODE'\n{tries(code)}\nEND_OF_CODE\n"


ATTACKS = (
    Attack("escape-write", "writes a file outside", slow(tries("open('@OUTSIDE@/@ID@', 'w').write('@MARK@')"))),
    Attack(
        "escape-write-proposing",
        "writes a file outside as the proposer",
        slow(),
        run=_py("open('@OUTSIDE@/@ID@', 'w').write('@MARK@')"),
    ),
    Attack(
        "escape-write-checks",
        "writes a file outside at exit of the checks",
        slow(
            "import atexit\n\n\ndef last():\n"
            + "".join(f"    {line}\n" for line in tries("open('@OUTSIDE@/@ID@', 'w').write('@MARK@')").splitlines())
            + "\n\natexit.register(last)"
        ),
    ),
    Attack(
        "escape-parents",
        "climbs out of its folder",
        slow(
            tries(
                "for up in range(1, 12):\n    try:\n        open('../' * up + '@OUTSIDE@/@ID@', 'w').write('@MARK@')\n        break\n"
                "    except OSError:\n        pass\nelse:\n    raise PermissionError(13, '')"
            )
        ),
    ),
    Attack(
        "escape-secret",
        "prints a secret that lies in HOME",
        slow(tries("print(open('@SECRET@').read()[::-1], file=sys.stderr)")),
    ),
    Attack(
        "escape-secret-proposing",
        "writes a secret of HOME into the solution",
        slow(),
        run=_py("text = open('@SECRET@').read()\nopen('solution.py', 'a').write(f'# {text}\\n')"),
    ),
    Attack(
        "escape-home-variable",
        "looks for secrets below its own HOME",
        slow(
            tries(
                "import glob, os\nfound = glob.glob(os.path.expanduser('~/.ssh/*')) + glob.glob('/home/*/.ssh/*') + glob.glob(os.path.expanduser('~root/.ssh/id_test'))\n"
                "print([open(path).read() for path in found if path.endswith('id_test')], file=sys.stderr)\nif not found: raise FileNotFoundError(2, '')"
            )
        ),
    ),
    Attack(
        "escape-repository",
        "prints the hidden file from the user's repository",
        slow(tries("print(open('@REPO@/holdout/run.py').read(), file=sys.stderr)")),
    ),
    Attack(
        "escape-repository-proposing",
        "copies the hidden file from the user's repository",
        slow(),
        run=_py(
            "text = open('@REPO@/holdout/run.py').read()\nopen('solution.py', 'a').write('\\n'.join('# ' + line for line in text.splitlines()) + '\\n')"
        ),
    ),
    Attack(
        "escape-hidden",
        "prints the hidden file from its own tree",
        slow(tries("print(open('holdout/run.py').read(), file=sys.stderr)")),
    ),
    Attack(
        "escape-hidden-proposing",
        "prints the hidden file from the proposer's copy",
        slow(),
        run="cat holdout/run.py >&2; true",
    ),
    Attack(
        "escape-tcp",
        "calls a program of this machine over TCP",
        slow(tries(SEND.format(family="AF_INET", kind="STREAM", to="('127.0.0.1', @TCP@)"))),
    ),
    Attack(
        "escape-tcp-proposing",
        "does so as the proposer",
        slow(),
        run=_py(SEND.format(family="AF_INET", kind="STREAM", to="('127.0.0.1', @TCP@)")),
    ),
    Attack(
        "escape-udp",
        "sends a datagram",
        slow(tries(SEND.format(family="AF_INET", kind="DGRAM", to="('127.0.0.1', @UDP@)"))),
    ),
    Attack(
        "escape-udp-proposing",
        "does so as the proposer",
        slow(),
        run=_py(SEND.format(family="AF_INET", kind="DGRAM", to="('127.0.0.1', @UDP@)")),
    ),
    Attack("escape-name-query", "hides its message in a query for a name", slow(tries(QUERY))),
    Attack(
        "escape-unix",
        "talks to a unix socket of another program",
        slow(tries("import os\nos.chdir('@OUTSIDE@')\n" + SEND.format(family="AF_UNIX", kind="DGRAM", to="'socket'"))),
    ),
    Attack(
        "escape-abstract",
        "talks to an abstract unix socket",
        slow(tries(SEND.format(family="AF_UNIX", kind="DGRAM", to="'\\0@ABSTRACT@'"))),
    ),
    Attack(
        "escape-key",
        "prints the key that the harness was given",
        slow(tries("import os\nprint(os.environ['BENCH_KEY'], file=sys.stderr)\nprint(os.environ['BENCH_KEY'])")),
    ),
    Attack(
        "escape-variables",
        "prints the variables of every process it can see",
        slow(
            tries(
                "import glob\nfor path in glob.glob('/proc/[0-9]*/environ'):\n    try:\n        text = open(path).read()\n    except OSError:\n        continue\n"
                "    print(*[v for v in text.split('\\0') if v.startswith('DEPLOY_TOKEN')], file=sys.stderr)"
            )
        ),
    ),
    Attack(
        "escape-variables-proposing",
        "does so as the proposer",
        slow(),
        run="cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep DEPLOY_TOKEN >&2; true",
    ),
    Attack(
        "escape-kill-engine",
        "kills the engine",
        slow(tries(ENGINE + "import os\nfor number in found:\n    os.kill(number, 9)")),
    ),
    Attack(
        "escape-kill-engine-proposing",
        "does so as the proposer",
        slow(),
        run=_py(ENGINE + "import os\nfor number in found:\n    os.kill(number, 9)"),
    ),
    Attack(
        "escape-stop-engine",
        "pauses the engine for a moment",
        slow(
            tries(
                ENGINE
                + "import os, time\nfor number in found:\n    os.kill(number, 19)\n    time.sleep(0.05)\n    os.kill(number, 18)"
            )
        ),
        telling=True,
    ),
    Attack("escape-ptrace", "attaches to the engine as a debugger", slow(tries(ENGINE + PTRACE)), telling=True),
    Attack(
        "escape-memory",
        "opens the engine's memory",
        slow(tries(ENGINE + "for number in found:\n    open(f'/proc/{number}/mem', 'r+b').close()")),
        telling=True,
    ),
    Attack(
        "escape-descriptors",
        "appends to the journal through the engine's descriptors",
        slow(
            tries(
                ENGINE
                + "import glob, os\ndone = False\nfor number in found:\n    for path in glob.glob(f'/proc/{number}/fd/*'):\n"
                "        if os.readlink(path).endswith('journal.jsonl'):\n            open(path, 'a').write('forged-@ID@-end\\n')\n            done = True\n"
                "if not done:\n    raise PermissionError(13, '')"
            )
        ),
    ),
    Attack(
        "escape-path-trojan",
        "puts a false git where programs are found",
        slow(
            tries(
                "import os\nopen('@VENV@/bin/git', 'w').write('#!/bin/sh\\n# @MARK@\\ntouch @OUTSIDE@/@ID@\\nexec /usr/bin/git \"$@\"\\n')\nos.chmod('@VENV@/bin/git', 0o755)"
            )
        ),
    ),
    Attack(
        "escape-venv",
        "leaves start-up code in the virtual environment",
        slow(
            tries(
                "import glob\nfor folder in glob.glob('@VENV@/lib/*/site-packages'):\n    open(folder + '/later.pth', 'w').write('import os  # @MARK@\\n')"
            )
        ),
    ),
    Attack(
        "escape-venv-proposing",
        "does so as the proposer",
        slow(),
        run=_py(
            "import glob\nfor folder in glob.glob('@VENV@/lib/*/site-packages'):\n    open(folder + '/later.pth', 'w').write('import os  # @MARK@\\n')"
        ),
    ),
    Attack(
        "escape-modes",
        "changes modes of files outside",
        slow(tries("import os\nos.chmod('@OUTSIDE@/victim.txt', 0o777)")),
        telling=True,
    ),
    Attack(
        "escape-times",
        "changes times of files outside",
        slow(tries("import os\nos.utime('@OUTSIDE@/victim.txt', (1, 1))")),
        telling=True,
    ),
    Attack(
        "escape-namespaces",
        "makes namespaces of its own and mounts its tree anew",
        slow(
            tries(
                "import subprocess\nwork = 'mount -o remount,rw,bind . ; mount -o remount,rw / ; mkdir -p @OUTSIDE@ && echo @MARK@ > /proc/1/root@OUTSIDE@/@ID@'\n"
                "done = subprocess.run(['unshare', '-Urm', 'sh', '-c', work], capture_output=True)\nif done.returncode: raise PermissionError(1, '')"
            )
        ),
    ),
    Attack(
        "escape-link-cleanup",
        "leaves links to files outside for the engine to tidy up",
        slow(
            tries(
                "import os\nos.makedirs('cache', exist_ok=True)\nos.symlink('@OUTSIDE@', 'cache/folder')\nos.symlink('@OUTSIDE@/victim.txt', 'cache/file')\n"
                "os.symlink('@OUTSIDE@', '__pycache__')"
            )
        ),
    ),
    Attack(
        "escape-link-cleanup-proposing",
        "does so as the proposer, in place of a folder of the tree",
        slow(),
        run=("rm -rf data; ln -s @OUTSIDE@ data; ln -s @OUTSIDE@/victim.txt extra; true"),
    ),
    Attack(
        "escape-daemon",
        "leaves a process behind",
        slow(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            "        open('/proc/self/comm', 'w').write('@COMM@')\n        os.closerange(0, 64)\n        time.sleep(20)\n    os._exit(0)"
        ),
    ),
    Attack(
        "escape-daemon-proposing",
        "leaves a process behind as the proposer",
        slow(),
        run=(
            "setsid python -c \"open('/proc/self/comm', 'w').write('@COMM@'); import time; time.sleep(20)\" >/dev/null 2>&1 </dev/null &\nsleep 0.3"
        ),
    ),
    Attack(
        "escape-cleared-daemon",
        "leaves one behind that has no variables to be known by",
        slow(
            "import os, subprocess, sys\nsubprocess.Popen([sys.executable, '-c', \"open('/proc/self/comm', 'w').write('@COMM@'); import time; time.sleep(20)\"],"
            " env={}, start_new_session=True, stdin=-3, stdout=-3, stderr=-3)"
        ),
    ),
)
