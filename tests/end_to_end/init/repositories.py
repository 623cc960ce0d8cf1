"""Repositories that init is tried in."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SLOW = """\
def order(values):
    out = list(values)
    for i in range(len(out)):
        for j in range(len(out) - 1):
            if out[j] > out[j + 1]:
                out[j], out[j + 1] = out[j + 1], out[j]
    return out
"""
BENCH = """\
#!/bin/sh
exec python3 -c '
import sys, time
sys.path.insert(0, "src")
from sorting import order
best = 1e9
for _ in range(7):
    begun = time.process_time_ns()
    order(range(120, 0, -1))
    best = min(best, (time.process_time_ns() - begun) / 1000)
print(best)
'
"""
TEST = """\
#!/bin/sh
PYTHONPATH=src exec python3 -c 'from sorting import order; assert order([3, 1, 2]) == [1, 2, 3]'
"""
PROPOSE = """\
#!/bin/sh
sed -i.before 's/range(len(out) - 1)/range(len(out) - 1 - i)/' src/sorting.py
rm src/sorting.py.before
echo '{"description": "leave out what is in place already"}'
"""
WHO = {
    f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in (("NAME", "U"), ("EMAIL", "u@l"))
}


def made(folder: Path, texts: Mapping[str, str], *, executable: tuple[str, ...] = ()) -> Path:
    """Make a repository with one commit."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name in executable else 0o644)
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, env={**os.environ, **WHO})
    return folder


def article(folder: Path) -> Path:
    """Make the repository of the article; its test script has lost the executable bit."""
    texts = {"src/sorting.py": SLOW, "scripts/bench.sh": BENCH, "scripts/test.sh": TEST, "propose.sh": PROPOSE}
    return made(folder, texts, executable=("scripts/bench.sh",))
