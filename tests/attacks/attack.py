"""What an attack is: a value that says in one sentence what it does, and the edit that does it.

Texts may hold names between at-signs: they are replaced by places of the world that the attack runs in (world.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CLASSES = ("harness", "forge", "cache", "detect", "escape", "git", "resource", "log")

SLOW = '''\
"""The sum of the divisors of each number."""


def solve(items):
    return [divisors(n) for n in items]


def divisors(n):
    total = 0
    for d in range(1, n + 1):
        if n % d == 0:
            total += d
    return total
'''


@dataclass(frozen=True)
class Attack:
    """One edit of a proposer that cheats, harms or spies.

    `files` are written into the proposer's copy, `solution` is written to solution.py there, then `run` is given to sh.
    Every attack is searched for every effect: kept, persisting, escaped. One whose success leaves no trace that could
    be found from outside says so itself, on stderr or in a file of its tree: the line `attack:<id> done`.
    """

    id: str
    does: str
    solution: str = ""
    run: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    telling: bool = False  # what it says itself counts, as its success leaves no trace outside
    active: str = ""  # Python for a command proposer, run in the copy in place of the edit

    @property
    def room(self) -> str:
        """Give the class, which is the first word of the id."""
        return self.id.partition("-")[0]

    @property
    def mark(self) -> str:
        """Give the text by which everything that this attack wrote is known."""
        return f"attack:{self.id}"


def slow(before: str = "", *, solve: str = "", after: str = "") -> str:
    """Give a solution that is honest but for code before it, another `solve` (with `divisors` there), or code after it.

    It starts with the mark, so a kept one is known by its text. Its work takes twice as long as that of the start: none
    can be kept by the luck of a noisy machine.
    """
    honest = SLOW.replace("n + 1", "2 * n + 1").replace('"""The sum', '"""@MARK@ The sum')
    if solve:
        honest = honest.replace("def solve(items):\n    return [divisors(n) for n in items]\n", solve)
    return f"# @MARK@\n{before}\n{honest}\n{after}\n"


def tries(code: str) -> str:
    """Give Python that runs `code` and tells on stderr how that went: the mark, and done or the error's name."""
    inner = "".join(f"    {line}\n" for line in code.strip("\n").splitlines())
    return (
        "import errno, os, sys\n"
        f"try:\n{inner}"
        "except BaseException as error:\n"
        "    number = getattr(error, 'errno', None)\n"
        "    said = errno.errorcode.get(number, '') or type(error).__name__\n"
        "    print('\\n@MARK@ refused', said, file=sys.stderr)\n"
        "else:\n"
        "    print('\\n@MARK@ done', file=sys.stderr)\n"
    )


def script(attack: Attack) -> str:
    """Give the shell text that makes the edit, names between at-signs still in it."""
    files = dict(attack.files)
    if attack.solution:
        files["solution.py"] = attack.solution
    parts = []
    for number, (path, text) in enumerate(files.items()):
        folder = path.rpartition("/")[0]
        made = f"mkdir -p '{folder}'\n" if folder else ""
        parts.append(f"{made}cat > '{path}' <<'END_OF_FILE_{number}'\n{text.rstrip()}\nEND_OF_FILE_{number}\n")
    return "".join(parts) + attack.run + "\ntrue\n"
