"""Attacks on the machine's patience. All are bounded, so that a defence that fails does no harm."""

from tests.attacks.attack import Attack, slow

LIMIT = "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"

ATTACKS = (
    Attack("resource-hang", "never ends", slow(LIMIT + "import time\ntime.sleep(30)")),
    Attack(
        "resource-stubborn",
        "ignores every polite signal, and never ends",
        slow(
            LIMIT
            + "import signal, time\nfor number in range(1, 65):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\ntime.sleep(30)"
        ),
    ),
    Attack(
        "resource-hang-proposing", "never ends, as the proposer", slow(), run="trap '' TERM INT HUP; sleep 30; sleep 30"
    ),
    Attack("resource-stop", "stops itself", slow(LIMIT + "import os\nos.kill(os.getpid(), 19)")),
    Attack(
        "resource-forks",
        "forks 150 processes that stay",
        slow(
            LIMIT + "import os, time\nfor _ in range(150):\n    try:\n        if os.fork() == 0:\n"
            "            open('/proc/self/comm', 'w').write('@COMM@')\n            os.setsid()\n            time.sleep(20)\n            os._exit(0)\n"
            "    except OSError:\n        break"
        ),
    ),
    Attack(
        "resource-memory",
        "takes 3 GiB",
        slow(
            LIMIT
            + "held = []\ntry:\n    for _ in range(48):\n        held.append(bytes(64 << 20))\nexcept MemoryError:\n    pass"
        ),
    ),
    Attack(
        "resource-memory-touched",
        "takes 3 GiB and writes to all of it",
        slow(
            LIMIT
            + "held = []\ntry:\n    for _ in range(48):\n        held.append(bytearray(b'x') * (64 << 20))\nexcept MemoryError:\n    pass\ndel held"
        ),
    ),
    Attack(
        "resource-disk",
        "writes 200 MB into its tree and its folders",
        slow(
            LIMIT
            + "import os, tempfile\nfor place in ('.', 'cache', tempfile.gettempdir()):\n    try:\n        os.makedirs(place, exist_ok=True)\n"
            "        with open(place + '/filled', 'wb') as stream:\n            for _ in range(70):\n                stream.write(b'x' * (1 << 20))\n    except OSError:\n        pass"
        ),
    ),
    Attack(
        "resource-disk-proposing",
        "writes 200 MB into an ignored folder of the copy",
        slow(),
        run="mkdir -p cache; head -c 200000000 /dev/zero > cache/filled; true",
    ),
    Attack(
        "resource-flood",
        "prints 20 MB",
        slow(
            LIMIT
            + "import sys\nfor _ in range(20):\n    sys.stderr.write('METRIC x\\n' * 110000)\n    sys.stdout.write('x' * (1 << 20) + '\\n')"
        ),
    ),
    Attack(
        "resource-held-pipe",
        "lets a process that it leaves behind hold the output open",
        slow(
            LIMIT
            + "import os, time\nif os.fork() == 0:\n    open('/proc/self/comm', 'w').write('@COMM@')\n    os.setsid()\n    time.sleep(15)\n    os._exit(0)"
        ),
    ),
    Attack(
        "resource-fifo", "makes the solution a pipe that nobody writes to", run="rm solution.py; mkfifo solution.py"
    ),
    Attack(
        "resource-device-link",
        "makes the solution a link to an endless file",
        run="rm solution.py; ln -s /dev/zero solution.py",
    ),
    Attack(
        "resource-odd-names",
        "leaves pipes, sockets and names that are no text",
        slow(),
        run=(
            "mkfifo cache 2>/dev/null; python - <<'END'\nimport os, socket\n"
            "for name in (b'new\\nline', b'tab\\there', b'\\xff\\xfe', b'-rf', b' ', b'*', b'a' * 255, '\\u202ertl'.encode()):\n"
            "    try:\n        open(name, 'w').write('@MARK@')\n    except OSError:\n        pass\n"
            "socket.socket(socket.AF_UNIX).bind('plug')\nEND"
        ),
    ),
    Attack(
        "resource-deep",
        "leaves folders 600 deep",
        slow(),
        run="python - <<'END'\nimport os\nfor _ in range(600):\n    os.mkdir('deep-folder')\n    os.chdir('deep-folder')\nopen('end', 'w').write('@MARK@')\nEND",
    ),
    Attack(
        "resource-many",
        "leaves 5,000 files",
        slow(),
        run="python - <<'END'\nimport os\nos.makedirs('cache/many')\nfor n in range(5000):\n    open(f'cache/many/{n}', 'w').close()\nEND",
    ),
    Attack(
        "resource-sparse",
        "makes the solution a terabyte of nothing",
        run="truncate -s 1T solution.py || truncate -s 100G solution.py",
    ),
    Attack(
        "resource-closed-folders",
        "leaves folders that nobody may open",
        slow(),
        run="mkdir -p cache/closed/in; echo '@MARK@' > cache/closed/in/file; chmod 000 cache/closed",
    ),
    Attack(
        "resource-closed-folders-at-work",
        "does so while it is measured",
        slow(
            "import os\ntry:\n    os.makedirs('cache/closed/in', exist_ok=True)\n    open('cache/closed/in/file', 'w').write('@MARK@')\n    os.chmod('cache/closed', 0)\nexcept OSError:\n    pass"
        ),
    ),
    Attack(
        "resource-signals",
        "ends by a signal after printing",
        slow(
            "import os",
            solve="def solve(items):\n    print('METRIC time_ms=0.01', flush=True)\n    os.kill(os.getpid(), 9)\n",
        ),
    ),
)
